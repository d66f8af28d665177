"""Sending dead letters, with a fake producer that can fail."""

import asyncio
import time
from functools import partial
from typing import Any, cast

import orjson
import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from delivery import metrics
from delivery.core.receipt import Receipt
from delivery.dead_letters import sender as dead_letters
from delivery.dead_letters.sender import DeadLetters, _partition_of
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
    refused_bytes = 10_000_000
    sent: list[bytes]
    stubs: list[dict[str, bytes]]

    def __init__(self, **_options: Any) -> None:
        pass

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send_and_wait(
        self, _topic: str, *, value: bytes | None, headers: Any, **_more: Any
    ) -> None:
        if value is None:
            self.stubs.append(dict(headers))
            return
        if len(value) > _Producer.refused_bytes:
            raise MessageSizeTooLargeError
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
    _Producer.sent, _Producer.stubs = [], []
    monkeypatch.setattr(dead_letters, "AIOKafkaProducer", _Producer)
    return _Producer.sent


def _letters() -> DeadLetters:
    return DeadLetters(SharedSettings(auth_jwt_secret=SECRET), cast(Inbox, None), Receipts())


async def _settled(letters: DeadLetters, *values: bytes, ours: tuple[bytes, ...]) -> list[bytes]:
    """Add dead letters, run until those in `ours` are settled, and return the settled ones."""
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


def _record(value: bytes | None, key: bytes | None = b"ana", offset: int = 7) -> ConsumerRecord:
    return ConsumerRecord("notifications", 0, offset, 0, 0, key, value, None, 0, 0, ())


async def test_a_record_that_the_topic_refuses_for_its_size_becomes_a_stub(
    sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "_SIZE_REFUSALS", 1)
    monkeypatch.setattr(_Producer, "refused_bytes", 100)
    letters = _letters()
    settled = asyncio.Event()
    letters.add(_record(b"x" * 200), "a reason", lambda: True, settled.set)
    await _run_until(letters, settled)
    assert sent == []
    (stub,) = _Producer.stubs
    assert (stub["dlq_size"], stub["dlq_offset"]) == (b"203", b"7")


async def test_values_beyond_the_bound_of_memory_become_stubs(
    sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "_WAITING_BYTES", 300)
    letters = _letters()
    settled = asyncio.Event()
    for offset in range(3):
        letters.add(_record(b"x" * 200, offset=offset), "a reason", lambda: True, lambda: None)
    letters.add(_record(b"last", offset=3), "a reason", lambda: True, settled.set)
    await _run_until(letters, settled)
    assert sent == [b"x" * 200, b"last"]
    assert [stub["dlq_offset"] for stub in _Producer.stubs] == [b"1", b"2"]
    assert letters._waiting_bytes == 0


async def test_a_record_without_key_and_value_is_sent(sent: list[bytes]) -> None:
    letters = _letters()
    settled = asyncio.Event()
    letters.add(_record(None, key=None), "a reason", lambda: True, settled.set)
    await _run_until(letters, settled)
    assert sent == [b""]


async def _run_until(letters: DeadLetters, settled: asyncio.Event) -> None:
    running = asyncio.create_task(letters.run())
    async with asyncio.timeout(10):
        await settled.wait()
    running.cancel()
    await asyncio.wait((running,))


@pytest.mark.parametrize("key", [b"ana", b"k" * 128, None])
def test_a_user_keeps_the_partition_that_kafka_gives_it(key: bytes | None) -> None:
    assert _partition_of(key, [0, 1, 2], [1]) == DefaultPartitioner()(key, [0, 1, 2], [1])


def test_the_partition_of_a_large_key_is_found_quickly() -> None:
    key = b"k" * 4 * 1024 * 1024
    began = time.thread_time()
    assert _partition_of(key, [0, 1, 2], [1]) == _partition_of(key, [0, 1, 2], [])
    assert time.thread_time() - began < 0.05  # Kafka's hash, in Python, takes half a second
