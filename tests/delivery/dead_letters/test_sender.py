"""Sending dead letters, with a fake producer that can fail."""

import asyncio
from functools import partial
from typing import Any, cast

import orjson
import pytest
from aiokafka.errors import KafkaConnectionError

from delivery import metrics
from delivery.core.receipt import Receipt
from delivery.dead_letters import sender as dead_letters
from delivery.dead_letters.sender import DeadLetters
from delivery.inbox import Inbox
from delivery.receipts import queue as receipts_module
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from producer_api.contract.ids import IdSource
from producer_api.contract.settings import SharedSettings
from tests.services.tokens import SECRET
from tests.services.waiting import eventually


class _Producer:
    """Records the sent values. The next `failures` sends fail as if Kafka were down."""

    failures = 0
    sent: list[bytes]

    def __init__(self, **_options: Any) -> None:
        pass

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send_and_wait(self, _topic: str, *, value: bytes, **_more: Any) -> None:
        if _Producer.failures:
            _Producer.failures -= 1
            raise KafkaConnectionError
        self.sent.append(value)


class _Record:
    topic, partition, offset, key, headers = "notifications", 0, 0, None, ()
    timestamp = 0

    def __init__(self, value: bytes) -> None:
        self.value = value


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the list of values that are on the dead-letter topic."""
    _Producer.sent = []
    monkeypatch.setattr(dead_letters, "AIOKafkaProducer", _Producer)
    return _Producer.sent


def _letters() -> DeadLetters:
    return DeadLetters(SharedSettings(auth_jwt_secret=SECRET), cast(Inbox, None), Receipts())


async def _settled(letters: DeadLetters, *values: bytes, ours: tuple[bytes, ...]) -> list[bytes]:
    """Add letters, run until those in `ours` are settled, and return the settled ones in order."""
    settled: list[bytes] = []
    all_settled = asyncio.Event()

    def settle(value: bytes) -> None:
        settled.append(value)
        if len(settled) == len(ours):
            all_settled.set()

    for value in values:
        record: Any = _Record(value)
        letters.add(record, "a reason", partial(ours.__contains__, value), partial(settle, value))
    running = asyncio.create_task(letters.run())
    async with asyncio.timeout(10):
        await all_settled.wait()
    running.cancel()
    await asyncio.wait((running,))
    return settled


async def test_a_record_of_a_lost_partition_is_left_to_the_next_owner(sent: list[bytes]) -> None:
    assert await _settled(_letters(), b"lost", b"ours", ours=(b"ours",)) == [b"ours"]
    assert sent == [b"ours"]


async def test_a_letter_without_room_for_its_receipt_is_sent_and_marked_only_once(
    sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[object] = []

    class _Inbox:
        async def mark_dead_lettered(self, *about: object) -> None:
            marked.append(about)

    receipts = Receipts()
    monkeypatch.setattr(receipts_module, "_MAX_WAITING", 1)
    receipts.add([Receipt(ReceiptType.PARKED, "ana", ("1",), 0.0)])
    dropped = metrics.RECEIPTS_DROPPED._value.get()
    settings = SharedSettings(auth_jwt_secret=SECRET)
    letters = DeadLetters(settings, cast(Inbox, _Inbox()), receipts)
    letter = orjson.dumps({"id": IdSource().next()})
    settle_task = asyncio.create_task(_settled(letters, letter, ours=(letter,)))

    async def is_put_off() -> bool:
        return bool(letters._put_off)

    await eventually(is_put_off)
    assert sent == [letter]
    assert marked == []
    receipts.confirm(receipts.oldest(1))
    assert await settle_task == [letter]
    assert sent == [letter]
    assert len(marked) == 1
    assert metrics.RECEIPTS_DROPPED._value.get() == dropped
    (queued,) = receipts.oldest(9)
    assert queued.receipts[0].kind is ReceiptType.DEAD_LETTERED


async def test_a_failed_letter_is_tried_again_after_new_ones(sent: list[bytes]) -> None:
    _Producer.failures = 1
    both = b"hit", b"new"
    assert await _settled(_letters(), *both, ours=both) == [b"new", b"hit"]
    assert sent == [b"new", b"hit"]
