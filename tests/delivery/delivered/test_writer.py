"""Acks gather, and share a write of `delivered_at`, unless somebody waits for the write."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace as Namespace
from typing import cast

import pytest
from pymongo.errors import OperationFailure

from delivery.delivered import writer as module
from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.receipts.owed_receipts import Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from producer_api.contract.ids import IdSource

_ids = IdSource()
_NEVER = 3600.0


class _Rig:
    """A writer, and the writes that it has made."""

    def __init__(self) -> None:
        self.receipts = Receipts()
        self.writer = DeliveredWriter(
            cast(Inbox, Namespace(mark_delivered=self._mark)),
            cast(OwedReceipts, Namespace(open=self._open, end=lambda _: None)),
            self.receipts,
        )
        self.writes: asyncio.Queue[list[str]] = asyncio.Queue()
        self.moments: list[tuple[datetime, list[str]]] = []
        """The times in the last write, each with its ids."""
        self.let_go = asyncio.Event()
        """Writes do not end until this is set."""
        self.let_go.set()
        self.refuses = False
        """Whether a document cannot be written."""
        self.called_back: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.writer.run())
        try:
            async with asyncio.timeout(30):
                yield
        finally:
            task.cancel()
            await asyncio.wait((task,))

    def ack(self, count: int = 1) -> str:
        """Acknowledge an event of `count` notifications, and return the id of the first."""
        ids = [_ids.next() for _ in range(count)]
        self.writer.add(Delivered("ana", ids, 1), lambda: self.called_back.append(ids[0]))
        return ids[0]

    async def _open(self, *_: object) -> None:
        pass

    async def _mark(
        self, moments: Iterable[tuple[datetime, Collection[str], Sequence[str]]], _seconds: float
    ) -> int:
        self.moments = [(moment, list(ids)) for moment, _, ids in moments]
        written = [id_ for _, ids in self.moments for id_ in ids]
        self.writes.put_nowait(written)
        await self.let_go.wait()
        if self.refuses:
            raise OperationFailure("a validator refuses it")
        return len(written)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let acks gather until a test ends the gathering."""
    monkeypatch.setattr(module, "_GATHER_SECONDS", _NEVER)


async def _turns() -> None:
    """Let every task run as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.usefixtures("slow")
async def test_acks_that_come_one_by_one_are_written_at_once() -> None:
    rig = _Rig()
    async with rig.running():
        for _ in range(3):
            id_ = rig.ack()
            assert await rig.writes.get() == [id_]
            await _turns()
            assert rig.called_back[-1] == id_


@pytest.mark.usefixtures("slow")
async def test_acks_gather_from_one_write_to_the_next_and_keep_their_order() -> None:
    rig = _Rig()
    async with rig.running():
        ids = [rig.ack(), rig.ack()]
        assert await rig.writes.get() == ids, (
            "nothing was written shortly before, so both are written at once"
        )
        await _turns()
        gathered = [rig.ack()]
        await _turns()
        gathered.append(rig.ack())
        await _turns()
        assert rig.writes.empty()
        flushing = asyncio.create_task(rig.writer.flush())
        assert await rig.writes.get() == gathered
        await flushing
    assert rig.called_back == [*ids, *gathered]


@pytest.mark.usefixtures("slow")
async def test_flush_ends_the_gathering_of_every_batch_that_it_waits_for() -> None:
    rig = _Rig()
    async with rig.running():
        rig.ack()
        rig.ack()
        rig.let_go.clear()
        await rig.writes.get()
        flushing = asyncio.create_task(rig.writer.flush())
        await _turns()
        last = rig.ack(module._MAX_IDS_PER_WRITE), rig.ack()
        rig.let_go.set()
        await flushing
        assert [ids[0] for ids in (await rig.writes.get(), await rig.writes.get())] == [*last]


async def test_gathered_acks_are_written_after_a_moment() -> None:
    rig = _Rig()
    async with rig.running():
        for _ in range(3):
            rig.ack()
            rig.ack()
            assert len(await rig.writes.get()) == 2


async def test_the_oldest_ack_has_waited_as_long_as_it_did_when_the_clock_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = _Rig()
    wall, steady = [1_000.0], [50.0]
    clocks = Namespace(time=lambda: wall[0], monotonic=lambda: steady[0])
    monkeypatch.setattr(module, "time", clocks)
    assert rig.writer.oldest_seconds == 0
    rig.ack()
    steady[0] += 2
    rig.ack()
    for seconds in (3_600, -7_200):
        wall[0] += seconds
        assert rig.writer.oldest_seconds == 2


async def test_the_oldest_acks_of_failed_writes_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SHOWN", 3)
    rig = _Rig()
    rig.refuses = True
    ids = [rig.ack() for _ in range(40)]
    async with rig.running():
        while len(rig.writer._retries.waiting) < len(ids):  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0)
        assert [*rig.writer.oldest_acks()] == ids[:3]


async def test_delivered_at_is_within_a_moment_of_the_ack(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = _Rig()
    clock = [1_000.0]
    monkeypatch.setattr(module, "time", Namespace(time=lambda: clock[0], monotonic=time.monotonic))
    ids, times = [], []
    for seconds in (0, 0.04, 0.02, 0.04, 3):
        clock[0] += seconds
        ids.append(rig.ack())
        times.append(datetime.fromtimestamp(clock[0], UTC))
    async with rig.running():
        assert await rig.writes.get() == ids, "acks of several moments share a write"
        assert rig.moments == [(times[1], ids[:2]), (times[3], ids[2:4]), (times[4], ids[4:])]
        await _turns()
    (queued,) = rig.receipts.oldest(9)
    assert [
        (datetime.fromtimestamp(receipt.at, UTC), [*receipt.ids]) for receipt in queued.receipts
    ] == [(at, [id_]) for at, group in rig.moments for id_ in group]
