"""Intake with the real push parts, over a consumer that the test controls."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from math import inf
from types import SimpleNamespace
from typing import Any, cast

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from delivery.consume.feeder import Feeder
from delivery.consume.intake import Intake
from delivery.consume.stopped_notes import StoppedNotes
from delivery.consume.troubled_partitions import TroubledPartitions
from delivery.core.ownership import Ownership
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.push.catch_up import CatchUp
from delivery.push.deadlines import Deadlines
from delivery.push.partition import Partition
from delivery.push.parts import PushParts
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.receipts.queue import Receipts
from producer_api.contract.events import MUTED, EventType, Header, headers
from producer_api.contract.ids import IdSource
from tests.delivery.push.rig import Sockets

TP = TopicPartition("notifications", 0)
EPOCH = 1
_ADDRESS = "http://127.0.0.1:8101"
_ids = IdSource()


class FakeConsumer:
    """A consumer that records the paused partitions. Its next `failures` fetches fail."""

    def __init__(self) -> None:
        self.paused: set[TopicPartition] = set()
        self.failures = 0
        self.fetches = 0
        self.fetched: list[list[ConsumerRecord]] = []
        self.sought: list[tuple[TopicPartition, int]] = []
        self._fetched = asyncio.Condition()
        self._fetcher = SimpleNamespace(error_future=SimpleNamespace(done=lambda: False))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the condition holds. It is checked at each fetch."""
        async with asyncio.timeout(10), self._fetched:
            await self._fetched.wait_for(holds)

    async def getmany(self, **_how: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        self.fetches += 1
        async with self._fetched:
            self._fetched.notify_all()
        await asyncio.sleep(0)  # yield to other tasks, as a wait for Kafka does
        if self.fetched and not self.paused:
            return {TP: self.fetched.pop(0)}
        if self.failures == 0:
            return {}
        self.failures -= 1
        raise KafkaError("the coordinator is gone")

    def assignment(self) -> set[TopicPartition]:
        return {TP}

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.sought.append((tp, offset))

    def pause(self, tp: TopicPartition) -> None:
        self.paused.add(tp)

    def resume(self, tp: TopicPartition) -> None:
        self.paused.discard(tp)


class IntakeRig:
    """The real intake and push parts. The test answers the inbox queries and sends the acks."""

    def __init__(self, *, window: int, hold: bool = False, all_bytes: int = 2**28) -> None:
        nowhere = cast(Inbox, None)
        self.consumer = FakeConsumer()
        self.catch_up = CatchUp(nowhere)
        self.sockets = Sockets()
        self.receipts = Receipts()
        routes = Routes()
        routes.open("own", self.sockets)
        subscribers = Subscribers()
        subscribers.adopt(Ownership(1, (_ADDRESS,)), (TP.partition,))
        self.push = PushParts.wired(
            Rules(ack_timeout_seconds=10, ack_attempts=3, hold=hold),
            subscribers,
            routes,
            cast(DeliveredWriter, None),
            self.receipts,
            self.catch_up,
            Deadlines(),
        )
        self.owner = self.push.owner
        self.tracker = Tracker(0, EPOCH)
        self.owner.assign(TP.partition, self.tracker)
        consumer = cast(AIOKafkaConsumer, self.consumer)
        self.has_room = asyncio.Event()
        self.has_room.set()
        feeder = Feeder(self.push, cast(DeadLetters, None), window, all_bytes)
        self.check_now = asyncio.Event()
        self.troubled = troubled = TroubledPartitions(
            consumer,
            self.owner,
            feeder,
            cast(StoppedNotes, None),
            self._until_room,
            self.check_now,
        )
        self.intake = Intake(consumer, self.owner, feeder, troubled, self._until_room)

    async def _until_room(self) -> None:
        await self.has_room.wait()

    @property
    def partition(self) -> Partition:
        return self.owner.partitions[TP.partition]

    def connect(self, users: list[str]) -> None:
        """Connect one socket for each user. The inbox owes them nothing."""
        for user in users:
            self.owner.subscribe(user, f"own/socket of {user}")
        self.answer()

    def answer(self) -> None:
        """Answer every query with an empty page."""
        questions = self.catch_up._questions
        for question in questions.take(len(questions)):
            question.handle_page([])

    def feed(self, users: list[str], size: int = 100) -> None:
        """Feed one more record for each user."""
        begin = self.tracker.next_to_receive
        self.fetch(*(a_notification(begin + at, user, size) for at, user in enumerate(users)))

    def fetch(self, *records: ConsumerRecord) -> None:
        """Take in these records as one fetch, in one turn."""
        self.intake._slice_end = inf
        self.intake._feed(TP, self.partition, deque(records))


def a_notification(
    offset: int, user: str, size: int = 100, superseding: dict[str, Any] | None = None
) -> ConsumerRecord:
    value: dict[str, Any] = {
        "id": _ids.next(),
        "user_id": user,
        "type": "order.shipped",
        "title": "Pedido despachado",
        "body": "x" * size,
        "created_at": "2026-01-01T00:00:00Z",
    }
    if superseding is None:
        return _record(offset, user, EventType.CREATED, value)
    value["collapse_key"] = "order-1"
    notice = (Header.INBOX, orjson.dumps(superseding))
    return _record(offset, user, EventType.CREATED, value, notice)


def a_removed_notification(offset: int, user: str, removal: bytes = MUTED) -> ConsumerRecord:
    record = a_notification(offset, user)
    every = headers("", EventType.CREATED, "/test", "2026-01-01T00:00:00Z")
    return replace(record, headers=(*every, (Header.REMOVED.value, removal)))


def a_costly_notification(offset: int, user: str, size: int) -> ConsumerRecord:
    """Return a `notification.read` record of about this size that takes long to parse."""
    value = {"id": _ids.next(), "user_id": user, "data": [[]] * (size // 3)}
    return _record(offset, user, EventType.READ, value)


def a_change(offset: int, user: str, kind: EventType) -> ConsumerRecord:
    return _record(offset, user, kind, {"erased_up_to": _ids.next(), "offset": offset})


def a_withdrawal(offset: int, withdrawn: ConsumerRecord) -> ConsumerRecord:
    """Return the record that withdraws the notification of the record `withdrawn`."""
    changed = [{"id": orjson.loads(withdrawn.value or b"")["id"], "withdrawn_at": "now"}]
    user = (withdrawn.key or b"").decode()
    return _record(offset, user, EventType.WITHDRAWN, {"changed": changed, "offset": offset})


def _record(
    offset: int, user: str, kind: EventType, value: dict[str, Any], *more: tuple[str, bytes]
) -> ConsumerRecord:
    headers = ((Header.TYPE, kind.encode()), *more)
    text = orjson.dumps(value)
    return ConsumerRecord(
        TP.topic, 0, offset, 0, 0, user.encode(), text, None, 0, len(text), headers
    )


def users_of(count: int) -> list[str]:
    return [f"user-{number}" for number in range(count)]
