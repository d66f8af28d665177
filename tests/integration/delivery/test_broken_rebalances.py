"""Any fault in a rebalance ends the member, so that its supervisor starts a new one.

Otherwise the instance would keep its suspended partitions, and no other member would get them.
Each case plants the fault in one step of a rebalance of a real group.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher

from delivery.consume import group_member, loading
from delivery.consume.assignor import StickyAssignor
from delivery.consume.commits import Commits
from delivery.consume.consumer_tasks import ConsumerTaskEndedError
from delivery.consume.group_member import NotReadyError
from delivery.consume.guarded_fetch import FetchingEndedError
from delivery.consume.load_trackers import load_trackers
from delivery.consume.rebalance_listener import RebalanceFailedError, RebalanceListener
from delivery.core.tracker import Tracker
from delivery.push.owner import Owner
from tests.integration.delivery.member import Member
from tests.services.waiting import eventually
from tests.services.world import World

_SECONDS = 10


def _bug(*_about: object) -> NoReturn:
    raise RuntimeError("a bug")


async def _async_bug(*_about: object) -> NoReturn:
    raise RuntimeError("a bug")


async def _cancelled(*_about: object) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize(
    ("part", "step", "fault", "error"),
    [
        (Commits, "finish", _async_bug, RebalanceFailedError),  # in on_partitions_revoked
        (RebalanceListener, "_hand_over", _cancelled, RebalanceFailedError),
        (Owner, "resume", _bug, RebalanceFailedError),  # in on_partitions_assigned
        (Commits, "begin", _bug, RebalanceFailedError),
        (StickyAssignor, "metadata", _bug, ConsumerTaskEndedError),
        (StickyAssignor, "on_assignment", _bug, ConsumerTaskEndedError),
        # Two tasks notice this fault: the watch of aiokafka's tasks, and the reader of the records.
        (Fetcher, "_get_actions_per_node", _bug, (ConsumerTaskEndedError, FetchingEndedError)),
    ],
)
async def test_a_fault_in_a_rebalance_ends_the_member(
    world: World,
    stack_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    part: Any,
    step: str,
    fault: Callable[..., Any],
    error: type[Exception] | tuple[type[Exception], ...],
) -> None:
    assert world.group
    member = Member(stack_env)
    async with member.dying() as died:
        await member.ready()
        monkeypatch.setattr(part, step, fault)
        member.consumer._coordinator.request_rejoin()
        async with asyncio.timeout(_SECONDS):
            with pytest.raises(ExceptionGroup) as raised:
                await died
    assert raised.value.split(error)[1] is None, "nothing else may be raised"


async def test_a_partition_that_cannot_be_loaded_holds_up_no_other(
    world: World, stack_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    healed = asyncio.Event()

    async def load(*arguments: Any) -> dict[TopicPartition, Tracker]:
        if any(tp.partition == 0 for tp in arguments[1]):
            await healed.wait()  # as if partition 0 had no leader
        return await load_trackers(*arguments)

    monkeypatch.setattr(group_member, "load_trackers", load)
    monkeypatch.setattr(loading, "_PATIENCE_SECONDS", 2.0)
    member = Member(stack_env)

    async def serves(count: int) -> bool:
        return member.owner.is_serving and len(member.owner.partitions) == count

    async with member.dying() as died:
        await eventually(lambda: serves(2))
        with pytest.raises(NotReadyError, match="partitions 0 cannot be read"):
            await member.check()
        await world.create(world.users_of_partition(0, 1)[0])
        healed.set()
        await eventually(lambda: serves(3))
        await member.check()
        await world.all_committed()
        assert not died.done()
