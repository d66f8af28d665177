"""Whatever breaks in a rebalance ends the member, so that its supervisor starts a new one.

Otherwise the instance would live on with suspended partitions, which no other member would get.
Each test plants the fault in one step of a rebalance of a real group.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from aiokafka.consumer.fetcher import Fetcher

from delivery.consume.assignor import StickyAssignor
from delivery.consume.commits import Commits
from delivery.consume.consumer_tasks import ConsumerTaskEndedError
from delivery.consume.rebalance_listener import RebalanceFailedError, RebalanceListener
from delivery.push.owner import Owner
from tests.integration.delivery.member import Member
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
        (Fetcher, "_get_actions_per_node", _bug, ConsumerTaskEndedError),
    ],
)
async def test_a_fault_in_a_rebalance_ends_the_member(
    world: World,
    stack_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    part: Any,
    step: str,
    fault: Callable[..., Any],
    error: type[Exception],
) -> None:
    assert world.group
    member = Member(stack_env)
    async with member.dying() as died:
        monkeypatch.setattr(part, step, fault)
        member.consumer._coordinator.request_rejoin()
        async with asyncio.timeout(_SECONDS):
            with pytest.RaisesGroup(error, flatten_subgroups=True):
                await died
