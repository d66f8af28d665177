"""The queue of receipts: its order, its bound, and the waits for it."""

import asyncio

import pytest

from delivery import metrics
from delivery.core.receipt import Receipt
from delivery.receipts import queue as module
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from producer_api.contract.ids import IdSource

_ids = IdSource()


def _parked(count: int = 1) -> list[Receipt]:
    return [Receipt(ReceiptType.PARKED, "ana", [_ids.next() for _ in range(count)], 0.0)]


def test_receipts_leave_in_order_in_bounded_rounds_and_stay_until_confirmed() -> None:
    receipts, done = Receipts(), []
    for name, count in (("a", 3), ("b", 3), ("c", 1)):
        receipts.add(_parked(count), lambda name=name: done.append(name))  # type: ignore[misc]
    first = receipts.oldest(4)
    assert [queued.size for queued in first] == [3, 3]
    assert receipts.oldest(4) == first, "unconfirmed receipts are written again"
    receipts.confirm(first)
    assert done == ["a", "b"]
    assert receipts.size == 1
    receipts.confirm(receipts.oldest(4))
    assert done == ["a", "b", "c"]
    assert receipts.size == 0


async def test_confirmed_waits_for_earlier_receipts_and_not_for_later_ones() -> None:
    receipts = Receipts()
    assert await receipts.confirmed(0), "with an empty queue there is nothing to wait for"
    receipts.add(_parked())
    assert not await receipts.confirmed(0.01)
    waiting = asyncio.create_task(receipts.confirmed(10))
    await asyncio.sleep(0)
    first = receipts.oldest(1)
    receipts.add(_parked())
    receipts.confirm(first)
    assert await waiting


async def test_intake_waits_for_room_unless_kafka_takes_no_receipts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_ROOMY", 2)
    receipts = Receipts()
    receipts.add(_parked(2))
    await receipts.until_room()
    receipts.add(_parked())
    monkeypatch.setattr(module, "_ROOM_SECONDS", 3600)
    waiting = asyncio.create_task(receipts.until_room())
    await asyncio.sleep(0)
    assert not waiting.done()
    receipts.confirm(receipts.oldest(1))
    async with asyncio.timeout(10):
        await waiting
    receipts.add(_parked(2))
    monkeypatch.setattr(module, "_ROOM_SECONDS", 0.01)
    async with asyncio.timeout(10):
        await receipts.until_room()
    assert receipts.size == 3


async def test_wait_for_room_is_bounded_while_kafka_takes_receipts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_ROOMY", 2)
    monkeypatch.setattr(module, "_ROOM_SECONDS", 0.05)
    receipts = Receipts()
    for _ in range(3):
        receipts.add(_parked())
    waiting = asyncio.create_task(receipts.until_room())
    async with asyncio.timeout(10):
        while not waiting.done():
            receipts.add(_parked())
            receipts.confirm(receipts.oldest(1))
            await asyncio.sleep(0)
    assert receipts.size == 3


def test_receipts_beyond_the_bound_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING", 2)
    receipts, done = Receipts(), []
    before = metrics.RECEIPTS_DROPPED._value.get()
    receipts.add(_parked(2))
    receipts.add(_parked(3), lambda: done.append("confirmed"))
    assert metrics.RECEIPTS_DROPPED._value.get() == before + 3
    receipts.confirm(receipts.oldest(10))
    assert receipts.size == 0
    assert done == [], "a dropped receipt stays owed, so its callback must not run"


async def test_receipts_gather_from_one_round_to_the_next_unless_there_are_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_GATHER_SECONDS", 3600)
    receipts = Receipts()
    receipts.add(_parked(3))
    async with asyncio.timeout(10):
        await receipts.gather(enough=4)  # after a rest, a round is due almost at once
        await receipts.gather(enough=3)
    gathering = asyncio.create_task(receipts.gather(enough=4))
    await asyncio.sleep(0)
    assert not gathering.done()
    patient = asyncio.create_task(receipts.confirmed(3600, urgent=False))
    await asyncio.sleep(0)
    assert not gathering.done()
    urgent = asyncio.create_task(receipts.confirmed(3600))
    async with asyncio.timeout(10):
        await gathering
        receipts.confirm(receipts.oldest(3))
        assert await patient
        assert await urgent


def test_receipts_that_are_recorded_as_owed_leave_room_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING", 3)
    monkeypatch.setattr(module, "_OWED_SHARE", 2 / 3)
    receipts = Receipts()
    added = [receipts.add(_parked(), then) for then in (lambda: None,) * 3]
    assert added == [True, True, False]
    assert [receipts.add(_parked()) for _ in range(2)] == [True, False]
