"""When offsets are committed, with a consumer whose commits take as long as the test wants."""

import asyncio
import random
import time
from types import SimpleNamespace
from typing import Any

import pytest

from delivery.core import settled_map
from delivery.core.receipt import Receipt
from delivery.core.tracker import Tracker
from delivery.push.owner import Owner
from delivery.push.partition import Partition
from delivery.settle import commits as module
from delivery.settle.commits import Commits
from delivery.settle.receipts import Receipts
from producer_api.contract.events import ReceiptType

_GENERATION = 3


class _SlowConsumer:
    """Each commit begins, and ends when it is let go or cancelled."""

    def __init__(self) -> None:
        self._coordinator = SimpleNamespace(generation=_GENERATION)
        self.begun: asyncio.Queue[dict[Any, Any]] = asyncio.Queue(100)
        self.let_go = asyncio.Event()
        self.under_way = 0

    async def commit(self, offsets: dict[Any, Any]) -> None:
        self.begun.put_nowait(offsets)
        self.under_way += 1
        try:
            await self.let_go.wait()
        finally:
            self.under_way -= 1


class _OwnerOfOne:
    """As much of an owner as commits ask for."""

    def __init__(self) -> None:
        self.partitions = {0: Partition(0, Tracker(5, 1))}
        self.many_settled = asyncio.Event()

    def begin_commit(self) -> None:
        self.many_settled.clear()


async def test_no_commit_is_under_way_or_begins_while_the_assignment_changes() -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 0.001)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    async with asyncio.timeout(10):
        await consumer.begun.get()  # the interval's own, which nothing lets go
        finishing = asyncio.create_task(commits.finish(list(owner.partitions.values())))
        await consumer.begun.get()
        assert consumer.under_way == 1, "the interval's was cancelled first"
        consumer.let_go.set()
        await finishing
        owner.partitions[0].tracker.receive(5, 1)  # there would be something to commit
        for _ in range(20):
            owner.many_settled.set()
            await asyncio.sleep(0)
        assert consumer.begun.empty()
        commits.begin(_GENERATION)  # the next assignment
        await consumer.begun.get()
        await commits.stop(0)
        await running


async def test_out_of_the_group_nothing_is_committed() -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    consumer.let_go.set()
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 0.001)
    commits.begin(_GENERATION)
    for generation in (-1, _GENERATION + 1):
        consumer._coordinator.generation = generation
        await commits.finish(owner.partitions.values())
        assert consumer.begun.empty()
    consumer._coordinator.generation = _GENERATION
    await commits.finish(owner.partitions.values())
    assert not consumer.begun.empty()


async def test_who_stops_waits_for_receipts_and_stays_until_the_commit_is_made() -> None:
    consumer, owner, receipts = _SlowConsumer(), _OwnerOfOne(), Receipts()
    consumer.let_go.set()
    receipts.add([Receipt(ReceiptType.PARKED, "ana", ("1",), 0.0)])
    commits = Commits(consumer, _as_owner(owner), receipts, "notifications", 3600)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    stopping = asyncio.create_task(commits.stop(10))
    for _ in range(20):
        await asyncio.sleep(0)
    assert consumer.begun.empty()
    assert not running.done(), "who runs no more leaves the group"
    receipts.confirm(receipts.oldest(1))
    async with asyncio.timeout(10):
        await stopping
        await running
    assert not consumer.begun.empty()


async def test_a_rebalance_takes_the_place_of_the_last_commit_and_is_waited_for() -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 3600)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    async with asyncio.timeout(10):
        stopping = asyncio.create_task(commits.stop(3600))
        await consumer.begun.get()
        finishing = asyncio.create_task(commits.finish(list(owner.partitions.values())))
        await consumer.begun.get()
        for _ in range(20):
            await asyncio.sleep(0)
        assert consumer.under_way == 1, "the stop's was cancelled first"
        assert not running.done(), "who runs no more leaves the group"
        consumer.let_go.set()
        await finishing
        await stopping
        await running
    assert consumer.begun.empty()


async def test_who_stops_while_the_assignment_changes_leaves_it_at_what_that_committed() -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 3600)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    async with asyncio.timeout(10):
        finishing = asyncio.create_task(commits.finish(list(owner.partitions.values())))
        await consumer.begun.get()
        stopping = asyncio.create_task(commits.stop(3600))
        for _ in range(20):
            await asyncio.sleep(0)
        assert consumer.under_way == 1
        owner.partitions[0].tracker.receive(5, 1)  # there would be something to commit
        consumer.let_go.set()
        await finishing
        await stopping
        await running
    assert consumer.begun.empty()


async def test_a_stop_and_a_rebalance_that_end_the_same_commit_make_one_after_it() -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 0.001)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    async with asyncio.timeout(10):
        await consumer.begun.get()
        stopping = asyncio.create_task(commits.stop(3600))
        finishing = asyncio.create_task(commits.finish(list(owner.partitions.values())))
        for _ in range(20):
            await asyncio.sleep(0)
        assert consumer.under_way == 1
        consumer.let_go.set()
        await finishing
        assert consumer.under_way == 0
        await stopping
        await running


async def test_what_waited_for_receipts_over_a_change_is_not_committed_after_it() -> None:
    consumer, owner, receipts = _SlowConsumer(), _OwnerOfOne(), Receipts()
    receipts.add([Receipt(ReceiptType.PARKED, "ana", ("1",), 0.0)])
    commits = Commits(consumer, _as_owner(owner), receipts, "notifications", 3600)
    commits.begin(_GENERATION)
    finishing = asyncio.create_task(commits.finish(list(owner.partitions.values())))
    await asyncio.sleep(0)
    consumer._coordinator.generation = _GENERATION + 1
    commits.begin(_GENERATION + 1)
    receipts.confirm(receipts.oldest(1))
    async with asyncio.timeout(10):
        await finishing
    assert consumer.begun.empty()


async def test_who_stops_does_not_wait_for_the_interval() -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    consumer.let_go.set()
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 3600)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await commits.stop(0)
        await running


async def test_an_offset_waits_for_the_receipts_of_what_it_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    consumer, owner, receipts = _SlowConsumer(), _OwnerOfOne(), Receipts()
    consumer.let_go.set()
    receipts.add([Receipt(ReceiptType.PARKED, "ana", ("1",), 0.0)])
    commits = Commits(consumer, _as_owner(owner), receipts, "notifications", 0.001)
    commits.begin(_GENERATION)
    running = asyncio.create_task(commits.run())
    async with asyncio.timeout(10):
        for _ in range(5):
            owner.many_settled.set()
            await asyncio.sleep(0.002)
        assert consumer.begun.empty()
        receipts.confirm(receipts.oldest(1))
        await consumer.begun.get()
        # Where Kafka takes none, it goes on without: an offset is not to stand for ever.
        monkeypatch.setattr(module, "_RECEIPTS_SECONDS", 0.01)
        monkeypatch.setattr(module, "_LAST_RECEIPTS_SECONDS", 0.01)
        receipts.add([Receipt(ReceiptType.PARKED, "ana", ("2",), 0.0)])
        owner.partitions[0].tracker.receive(5, 1)
        await consumer.begun.get()
        await commits.stop(0)
        await running


@pytest.fixture
def encoding(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each map took."""
    encode, seconds = settled_map.encode, list[float]()

    def timed(flags: bytes) -> str | None:
        begun = time.perf_counter()
        try:
            return encode(flags)
        finally:
            seconds.append(time.perf_counter() - begun)

    monkeypatch.setattr(settled_map, "encode", timed)
    return seconds


async def test_maps_that_take_long_are_made_seldom_and_the_last_one_at_once(
    encoding: list[float],
) -> None:
    consumer, owner = _SlowConsumer(), _OwnerOfOne()
    consumer.let_go.set()
    tracker = owner.partitions[0].tracker
    chance = random.Random(1)  # noqa: S311 - the same flags at each run
    for offset in range(5, 100_000):
        tracker.receive(offset, 1)
        if offset > 5 and chance.random() > 0.01:
            tracker.settle(offset, 1, 1)
    commits = Commits(consumer, _as_owner(owner), Receipts(), "notifications", 0.001)
    commits.begin(_GENERATION)
    begun = time.perf_counter()
    running = asyncio.create_task(commits.run())
    async with asyncio.timeout(30):
        for offset in range(100_000, 100_010):  # each commit has something new
            tracker.receive(offset, 1)
            owner.many_settled.set()
            await consumer.begun.get()
        assert sum(encoding[1:]) < 0.03 * (time.perf_counter() - begun)
        tracker.receive(100_010, 1)
        made = len(encoding)
        await commits.stop(0)
        (last,) = (await consumer.begun.get()).values()
        await running
    assert len(encoding) == made + 1
    assert settled_map.decode(last.metadata)[1:]


def _as_owner(double: Any) -> Owner:
    owner: Owner = double
    return owner
