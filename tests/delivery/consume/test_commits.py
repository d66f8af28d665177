"""Commits of offsets. The test decides how long each commit takes."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from delivery.consume import commits as module
from delivery.consume.commits import Commits
from delivery.core import settled_map
from delivery.core.receipt import Receipt
from delivery.core.tracker import Tracker
from delivery.push.owner import Owner
from delivery.push.partition import Partition
from delivery.push.settlement import Settlement
from delivery.receipts import queue
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from runtime import slices

_GENERATION = 3


class _SlowConsumer:
    """A consumer whose commits last until the test sets `let_go` or they are cancelled."""

    def __init__(self) -> None:
        self._coordinator = SimpleNamespace(generation=_GENERATION)
        self.started_commits: asyncio.Queue[dict[Any, Any]] = asyncio.Queue(100)
        self.let_go = asyncio.Event()
        self.under_way = 0

    async def commit(self, offsets: dict[Any, Any]) -> None:
        self.started_commits.put_nowait(offsets)
        self.under_way += 1
        try:
            await self.let_go.wait()
        finally:
            self.under_way -= 1


class _Settlement:
    """The part of `Settlement` that `Commits` uses."""

    def __init__(self) -> None:
        self.many_settled = asyncio.Event()
        self.seen = asyncio.Event()

    def begin_commit(self) -> None:
        self.many_settled.clear()
        self.seen.set()


class _Rig:
    """The commits of a member with one partition."""

    def __init__(self, interval_seconds: float = 3600) -> None:
        self.consumer, self.settlement, self.receipts = _SlowConsumer(), _Settlement(), Receipts()
        self.tracker = Tracker(5, 1)
        self.partitions = {0: Partition(0, self.tracker)}
        self.commits = Commits(
            self.consumer,
            cast(Owner, SimpleNamespace(partitions=self.partitions)),
            cast(Settlement, self.settlement),
            self.receipts,
            "notifications",
            interval_seconds,
        )
        self.commits.begin(_GENERATION)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the commits. The test must stop them before the block ends."""
        running = asyncio.create_task(self.commits.run())
        async with asyncio.timeout(30):
            yield running
            await running

    def begin_finish(self) -> asyncio.Task[None]:
        """Start to take the partition away."""
        return asyncio.create_task(self.commits.finish(list(self.partitions.values())))

    def begin_stop(self, patience: float = 3600) -> asyncio.Task[None]:
        """Start to stop the instance."""
        return asyncio.create_task(self.commits.stop(patience))

    async def settle_many(self) -> None:
        """Report many settled records, and wait until `run` has reacted."""
        self.settlement.seen.clear()
        self.settlement.many_settled.set()
        await self.settlement.seen.wait()
        await _turns()

    def add_receipt(self, notification_id: str = "1") -> None:
        """Add one more receipt, for which the next commit must wait."""
        self.receipts.add([Receipt(ReceiptType.PARKED, "ana", (notification_id,), 0.0)])


async def _turns() -> None:
    """Let every task run as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_commit_is_under_way_while_the_assignment_changes() -> None:
    rig = _Rig(interval_seconds=0.001)
    async with rig.running():
        await rig.consumer.started_commits.get()  # the interval's commit, which does not return yet
        finish_task = rig.begin_finish()
        await rig.consumer.started_commits.get()
        assert rig.consumer.under_way == 1, "the interval's commit was cancelled first"
        rig.consumer.let_go.set()
        await finish_task
        rig.tracker.receive(5, 1)  # now there is something to commit
        await rig.settle_many()
        assert rig.consumer.started_commits.empty()
        rig.commits.begin(_GENERATION)  # the next assignment
        await rig.consumer.started_commits.get()
        await rig.commits.stop(0)


async def test_nothing_is_committed_outside_the_group() -> None:
    rig = _Rig()
    rig.consumer.let_go.set()
    for generation in (-1, _GENERATION + 1):
        rig.consumer._coordinator.generation = generation
        await rig.begin_finish()
        assert rig.consumer.started_commits.empty()
    rig.consumer._coordinator.generation = _GENERATION
    await rig.begin_finish()
    assert not rig.consumer.started_commits.empty()


async def test_stop_waits_for_receipts_and_stays_in_the_group_until_the_commit() -> None:
    rig = _Rig()
    rig.consumer.let_go.set()
    rig.add_receipt()
    async with rig.running() as running:
        stop_task = rig.begin_stop()
        await _turns()
        assert rig.consumer.started_commits.empty()
        assert not running.done(), "the instance would leave the group once `run` has ended"
        rig.receipts.confirm(rig.receipts.oldest(1))
        await stop_task
    assert not rig.consumer.started_commits.empty()


async def test_stop_waits_for_the_commit_of_a_rebalance_that_replaced_its_own() -> None:
    rig = _Rig()
    async with rig.running() as running:
        stop_task = rig.begin_stop()
        await rig.consumer.started_commits.get()
        finish_task = rig.begin_finish()
        await rig.consumer.started_commits.get()
        await _turns()
        assert rig.consumer.under_way == 1, "the stop's commit was cancelled first"
        assert not running.done(), "the instance would leave the group once `run` has ended"
        rig.consumer.let_go.set()
        await finish_task
        await stop_task
    assert rig.consumer.started_commits.empty()


async def test_stop_during_a_rebalance_makes_no_second_commit() -> None:
    rig = _Rig()
    async with rig.running():
        finish_task = rig.begin_finish()
        await rig.consumer.started_commits.get()
        stop_task = rig.begin_stop()
        await _turns()
        assert rig.consumer.under_way == 1
        rig.tracker.receive(5, 1)  # now there is something to commit
        rig.consumer.let_go.set()
        await finish_task
        await stop_task
    assert rig.consumer.started_commits.empty()


async def test_stop_and_rebalance_that_begin_together_make_one_commit_at_a_time() -> None:
    rig = _Rig(interval_seconds=0.001)
    async with rig.running():
        await rig.consumer.started_commits.get()
        stop_task, finish_task = rig.begin_stop(), rig.begin_finish()
        await _turns()
        assert rig.consumer.under_way == 1
        rig.consumer.let_go.set()
        await finish_task
        assert rig.consumer.under_way == 0
        await stop_task


async def test_commit_that_waited_during_a_rebalance_is_dropped() -> None:
    rig = _Rig()
    rig.consumer.let_go.set()
    rig.add_receipt()
    finish_task = rig.begin_finish()
    await _turns()
    rig.consumer._coordinator.generation = _GENERATION + 1
    rig.commits.begin(_GENERATION + 1)
    rig.receipts.confirm(rig.receipts.oldest(1))
    async with asyncio.timeout(10):
        await finish_task
    assert rig.consumer.started_commits.empty()


async def test_a_partition_that_begins_again_while_its_commit_waits_is_not_committed() -> None:
    rig = _Rig()
    rig.consumer.let_go.set()
    rig.add_receipt()
    async with rig.running():
        await rig.settle_many()
        rig.partitions[0].is_revoked = True
        rig.partitions[0] = Partition(0, Tracker(2, 1))  # in a log that was cut
        rig.receipts.confirm(rig.receipts.oldest(1))
        await _turns()
        assert rig.consumer.started_commits.empty()
        await rig.settle_many()
        [offset] = (await rig.consumer.started_commits.get()).values()
        assert offset.offset == 2
        await rig.commits.stop(0)


async def test_stop_does_not_wait_for_the_interval() -> None:
    rig = _Rig()
    rig.consumer.let_go.set()
    async with rig.running():
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await rig.commits.stop(0)


async def test_offset_waits_for_the_receipts_of_its_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = _Rig()
    rig.consumer.let_go.set()
    rig.add_receipt()
    async with rig.running():
        await rig.settle_many()
        assert rig.consumer.started_commits.empty()
        rig.receipts.confirm(rig.receipts.oldest(1))
        await rig.consumer.started_commits.get()
        # If Kafka takes no receipts, the commit is made after a while.
        monkeypatch.setattr(module, "_RECEIPTS_SECONDS", 0.01)
        monkeypatch.setattr(module, "_LAST_RECEIPTS_SECONDS", 0.01)
        rig.add_receipt("2")
        rig.tracker.receive(5, 1)
        await rig.settle_many()
        await rig.consumer.started_commits.get()
        await rig.commits.stop(0)


async def test_only_the_last_commit_of_an_assignment_ends_the_gathering_of_receipts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "_GATHER_SECONDS", 3600)
    rig = _Rig()
    rig.consumer.let_go.set()
    rig.add_receipt()
    await rig.receipts.gather(enough=1)
    gathering = asyncio.create_task(rig.receipts.gather(enough=2))
    async with rig.running():
        await rig.settle_many()
        assert not gathering.done()
        finish_task = rig.begin_finish()
        await gathering
        rig.receipts.confirm(rig.receipts.oldest(1))
        await finish_task
        await rig.commits.stop(0)


@pytest.fixture
def encoding(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list to which each encoding of a settled map appends its seconds."""
    encode, seconds = settled_map.encode, list[float]()

    def timed(flags: bytes) -> str | None:
        started_at = time.perf_counter()
        try:
            return encode(flags)
        finally:
            seconds.append(time.perf_counter() - started_at)

    monkeypatch.setattr(settled_map, "encode", timed)
    return seconds


async def test_other_tasks_run_between_the_maps_of_many_partitions(
    encoding: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    rig, seen = _Rig(), set[int]()
    rig.consumer.let_go.set()
    rig.partitions |= {number: Partition(number, Tracker(5, 1)) for number in range(1, 20)}
    finish_task = rig.begin_finish()
    while not finish_task.done():
        await asyncio.sleep(0)
        seen.add(len(encoding))
    assert seen >= set(range(1, 21)), "one map in each turn"
    assert len(rig.consumer.started_commits.get_nowait()) == 20


async def test_records_settled_while_a_commit_looks_at_the_partitions_are_not_clean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [1_000.0]
    rig = _Rig()
    rig.consumer.let_go.set()
    await rig.begin_finish()
    clocks = {**vars(time), "monotonic": lambda: clock[0]}
    monkeypatch.setattr(module, "time", SimpleNamespace(**clocks))

    def state(partition: Partition) -> tuple[int, int, int]:
        clock[0] += 1  # other partitions take that long
        return partition.tracker.next_to_commit, partition.tracker.next_to_receive, 0

    monkeypatch.setattr(module, "_state", state)
    await rig.begin_finish()
    assert rig.commits.age_seconds == 1


async def test_slow_maps_are_encoded_rarely_but_the_last_one_at_once(
    encoding: list[float],
) -> None:
    rig = _Rig(interval_seconds=0.001)
    rig.consumer.let_go.set()
    tracker = rig.tracker
    rng = random.Random(1)  # noqa: S311 - the same flags in each run
    for offset in range(5, 100_000):
        tracker.receive(offset, 1)
        if offset > 5 and rng.random() > 0.01:
            tracker.settle(offset, 1, 1)
    started_at = time.perf_counter()
    async with rig.running():
        for offset in range(100_000, 100_010):  # each commit has a new offset
            tracker.receive(offset, 1)
            rig.settlement.many_settled.set()
            await rig.consumer.started_commits.get()
        assert sum(encoding[1:]) < 0.03 * (time.perf_counter() - started_at)
        tracker.receive(100_010, 1)
        earlier = len(encoding)
        await rig.commits.stop(0)
        (last,) = (await rig.consumer.started_commits.get()).values()
    assert len(encoding) == earlier + 1
    assert settled_map.decode(last.metadata)[1:]
