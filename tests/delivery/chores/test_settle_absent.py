"""Other tasks run while the records of many absent users are settled."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from delivery.chores import settle_absent as module
from delivery.chores.settle_absent import settle_absent
from delivery.push.partition import Partition
from producer_api.contract.partitioning import partition_of
from runtime import slices
from tests.delivery.push.rig import OwnerRig

_USERS = [user for user in map(str, range(100)) if partition_of(user, 2) == 0][:20]


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    monkeypatch.setattr(module, "_INTERVAL_SECONDS", 0)


class _Rig(OwnerRig):
    """An owner with a record in doubt for each user. The users' grace period is over."""

    def __init__(self) -> None:
        super().__init__()
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        self.partition = self.owner.partitions[0]
        self.partition.absent_after = self.push.absences._ran + 1
        for user in _USERS:
            self.feed(user)
        assert len(self.partition.in_doubt) == len(_USERS)
        self.push.absences._ran += 1

    @asynccontextmanager
    async def settling(self) -> AsyncIterator[None]:
        """Run `settle_absent`."""
        task = asyncio.create_task(settle_absent(self.owner, self.push.absences))
        yield
        task.cancel()
        await asyncio.wait((task,))

    async def until(self, count: int) -> None:
        """Wait until at most `count` users are in doubt."""
        async with asyncio.timeout(10):
            while len(self.partition.in_doubt) > count:  # noqa: ASYNC110 - no event to wait for
                await asyncio.sleep(0)


async def test_other_tasks_run_between_the_users() -> None:
    rig = _Rig()
    seen = set()
    async with rig.settling(), asyncio.timeout(10):
        while rig.partition.is_in_grace_period:
            seen.add(len(rig.partition.in_doubt))
            await asyncio.sleep(0)
    assert seen >= set(range(1, len(_USERS))), "one user at a time"


async def test_other_tasks_run_between_partitions_without_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, turn = _Rig(), 0
    settled_at: dict[int, int] = {}
    for partition in rig.owner.partitions.values():
        partition.in_doubt.clear()
        partition.absent_after = rig.push.absences._ran + 1

    def settle(partition: Partition) -> Iterator[None]:
        settled_at.setdefault(partition.number, turn)
        return iter(())

    monkeypatch.setattr(rig.push.absences, "settle", settle)
    async with rig.settling(), asyncio.timeout(10):
        while len(settled_at) < len(rig.owner.partitions):
            turn += 1
            await asyncio.sleep(0)
    assert settled_at[0] < settled_at[1]


async def test_nothing_is_settled_during_a_rebalance_and_the_rest_afterwards() -> None:
    rig = _Rig()
    async with rig.settling():
        await rig.until(len(_USERS) - 3)
        rig.owner.suspend()
        left = len(rig.partition.in_doubt)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(rig.partition.in_doubt) == left
        rig.owner.resume(0)
        await rig.until(0)
    assert rig.partition.tracker.in_flight == 0


async def test_a_user_who_connects_while_others_are_settled_is_not_reported_as_absent() -> None:
    rig = _Rig()
    async with rig.settling():
        await rig.until(len(_USERS) - 1)
        last = list(rig.partition.in_doubt)[-1]
        rig.owner.subscribe(last, "own/s1")
        await rig.until(0)
    reported = {each.user for queued in rig.receipts.oldest(99) for each in queued.receipts}
    assert reported == set(_USERS) - {last}
