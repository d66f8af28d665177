"""The window of a partition: which records are taken in, and how they make room."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from delivery.consume import feeder as feeder_module
from delivery.consume import intake as module
from delivery.consume.feeder import Feeder
from delivery.consume.intake import Intake
from delivery.consume.stopped_notes import StoppedNotes
from delivery.consume.troubled_partitions import TroubledPartitions
from delivery.core.decision_types import SettleOutcome
from delivery.core.ownership import Ownership
from delivery.core.record import Record
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
from producer_api.contract.events import EventType, Header
from producer_api.contract.ids import IdSource
from tests.delivery.push.rig import Sockets

_PLACE = TopicPartition("notifications", 0)
_EPOCH = 1
_ADDRESS = "http://127.0.0.1:8101"
_ids = IdSource()


class _Consumer:
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
        """Wait for a fetch after which the condition holds."""
        async with asyncio.timeout(10), self._fetched:
            await self._fetched.wait_for(holds)

    async def getmany(self, **_how: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        self.fetches += 1
        async with self._fetched:
            self._fetched.notify_all()
        await asyncio.sleep(0)  # yield to other tasks, as a wait for Kafka does
        if self.fetched and not self.paused:
            return {_PLACE: self.fetched.pop(0)}
        if self.failures == 0:
            return {}
        self.failures -= 1
        raise KafkaError("the coordinator is gone")

    def assignment(self) -> set[TopicPartition]:
        return {_PLACE}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.sought.append((place, offset))

    def pause(self, place: TopicPartition) -> None:
        self.paused.add(place)

    def resume(self, place: TopicPartition) -> None:
        self.paused.discard(place)


class _Rig:
    """The real intake and push parts. The test does the sends, answers and writes."""

    def __init__(self, *, window: int, hold: bool = False) -> None:
        nowhere = cast(Inbox, None)
        self.consumer = _Consumer()
        self.catch_up = CatchUp(nowhere)
        self.sockets = Sockets()
        routes = Routes()
        routes.open("own", self.sockets)
        subscribers = Subscribers()
        subscribers.adopt(Ownership(1, (_ADDRESS,)), (_PLACE.partition,))
        self.push = PushParts.wired(
            Rules(ack_timeout_seconds=10, ack_attempts=3, hold=hold),
            subscribers,
            routes,
            cast(DeliveredWriter, None),
            Receipts(),
            self.catch_up,
            Deadlines(),
        )
        self.owner = self.push.owner
        self.tracker = Tracker(0, _EPOCH)
        self.owner.assign(_PLACE.partition, self.tracker)
        consumer = cast(AIOKafkaConsumer, self.consumer)
        self.has_room = asyncio.Event()
        self.has_room.set()
        feeder = Feeder(self.push, cast(DeadLetters, None), window)
        self.troubled = troubled = TroubledPartitions(
            consumer, self.owner, feeder, cast(StoppedNotes, None), self._until_room
        )
        self.look_now = asyncio.Event()
        self.intake = Intake(
            consumer, self.owner, feeder, troubled, self._until_room, self.look_now
        )

    async def _until_room(self) -> None:
        await self.has_room.wait()

    @property
    def partition(self) -> Partition:
        return self.owner.partitions[_PLACE.partition]

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
        self.fetch(*(_created(begin + at, user, size) for at, user in enumerate(users)))

    def fetch(self, *records: ConsumerRecord) -> None:
        """Take in these records as one fetch."""
        self.intake._feed(_PLACE, self.partition, deque(records))


def _created(
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


def _changed(offset: int, user: str, kind: EventType) -> ConsumerRecord:
    return _record(offset, user, kind, {"erased_up_to": _ids.next(), "offset": offset})


def _record(
    offset: int, user: str, kind: EventType, value: dict[str, Any], *more: tuple[str, bytes]
) -> ConsumerRecord:
    headers = ((Header.TYPE, kind.encode()), *more)
    text = orjson.dumps(value)
    return ConsumerRecord(
        _PLACE.topic, 0, offset, 0, 0, user.encode(), text, None, 0, len(text), headers
    )


def _users(count: int) -> list[str]:
    return [f"user-{number}" for number in range(count)]


def test_many_records_of_silent_users_do_not_pause_the_partition() -> None:
    rig = _Rig(window=100)
    rig.connect(_users(300))
    rig.feed(_users(300))
    assert not rig.consumer.paused
    assert rig.tracker.next_to_receive == 300
    assert rig.tracker.in_flight < 100


def test_large_records_of_silent_users_do_not_pause_the_partition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeder_module, "_WINDOW_BYTES", 500_000)
    rig = _Rig(window=10_000)
    rig.connect(_users(100))
    rig.feed(_users(100), size=20_000)
    assert not rig.consumer.paused
    assert rig.tracker.next_to_receive == 100
    assert rig.tracker.in_flight_bytes < 500_000


def test_under_hold_full_window_pauses_its_partition_until_there_is_room() -> None:
    rig = _Rig(window=10, hold=True)
    rig.feed(_users(15))
    assert rig.consumer.paused == {_PLACE}
    assert rig.tracker.in_flight == 10
    for held_id, recipient in list(rig.owner.held().items()):
        rig.push.driver.no_longer_owed(recipient, held_id)
    rig.intake._feed_left_over()
    assert not rig.consumer.paused
    assert rig.tracker.in_flight == 5


def test_a_full_partition_whose_topic_was_missing_for_a_moment_is_fetched_again() -> None:
    rig = _Rig(window=10, hold=True)
    rig.feed(_users(15))
    rig.partition.is_astray = True  # `LogWatch` finds no topic
    rig.intake._feed_left_over()
    rig.partition.is_astray = False  # and then the same one as before
    assert not rig.consumer.paused, "nothing else resumes it"
    assert rig.tracker.next_to_receive == 10


def test_records_that_were_fetched_before_the_partition_was_lost_are_dropped() -> None:
    rig = _Rig(window=10, hold=True)
    rig.feed(_users(15))
    again = Tracker(0, _EPOCH + 1)
    rig.owner.revoke(_PLACE.partition)
    rig.owner.assign(_PLACE.partition, again)
    rig.intake._feed_left_over()
    assert again.next_to_receive == 0


def test_erasure_stops_earlier_pushes_of_the_same_fetch_and_queries_the_inbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = _Rig(window=100)
    rig.connect(["ana", "eve"])
    outcomes: dict[int, SettleOutcome] = {}
    settlement = rig.push.settlement
    settle, settle_offset = settlement.settle, settlement.settle_offset

    def note(part: Partition, records: Sequence[Record], outcome: SettleOutcome) -> None:
        outcomes.update((record.offset, outcome) for record in records)
        settle(part, records, outcome)

    def note_one(part: Partition, offset: int, *of: int, outcome: SettleOutcome) -> None:
        outcomes[offset] = outcome
        settle_offset(part, offset, *of, outcome=outcome)

    monkeypatch.setattr(settlement, "settle", note)
    monkeypatch.setattr(settlement, "settle_offset", note_one)
    rig.fetch(
        _created(0, "ana"),
        _created(1, "eve"),
        _changed(2, "ana", EventType.ERASED),
        _created(3, "ana"),
        _created(4, "eve"),
    )
    assert [pushed.partition(":")[0] for pushed in rig.sockets.pushed] == ["socket of eve"]
    assert outcomes == {0: SettleOutcome.ERASED, 2: SettleOutcome.IGNORED, 3: SettleOutcome.PARKED}
    assert rig.tracker.in_flight == 2, "eve has one in flight and one in the queue"
    assert [question.user_id for question in rig.catch_up._questions] == ["ana"]


def test_inbox_events_around_an_erasure_keep_their_order() -> None:
    rig = _Rig(window=100)
    rig.connect(["ana"])
    kinds = (EventType.READ, EventType.ERASED, EventType.SEEN, EventType.ERASED, EventType.READ)
    rig.fetch(*(_changed(offset, "ana", kind) for offset, kind in enumerate(kinds)))
    emitted = [orjson.loads(payload)["offset"] for _, payload in rig.sockets.inbox_events]
    assert emitted == [0, 1, 2, 3, 4]
    assert rig.tracker.next_to_commit == 5


def test_dropped_erasure_is_carried_out_when_it_is_fetched_again() -> None:
    rig = _Rig(window=2, hold=True)
    erased = _changed(2, "ana", EventType.ERASED)
    rig.fetch(_created(0, "ana"), _created(1, "ana"), erased)
    assert rig.tracker.next_to_receive == 2, "the window is full"
    rig.owner.suspend()
    rig.intake._feed_left_over()
    rig.owner.resume(_PLACE.partition)
    for held_id, recipient in list(rig.owner.held().items()):
        rig.push.driver.no_longer_owed(recipient, held_id)
    rig.fetch(erased)
    assert rig.tracker.next_to_commit == 3


def test_superseded_notification_is_announced_and_not_pushed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = _Rig(window=10, hold=True)
    rig.feed(["ana", "eve"])
    ((older, _), _) = rig.owner.held().items()
    change = {
        "unread_count": 1,
        "unseen_count": 1,
        "changed": [{"id": older, "superseded_by": "x"}],
    }
    emitted: list[tuple[str, bytes]] = []
    monkeypatch.setattr(rig.push.feed, "emit_inbox", lambda _, *about: emitted.append(about))
    newer = _created(rig.tracker.next_to_receive, "ana", 10, change)
    rig.fetch(newer)
    assert emitted == [("ana", orjson.dumps(change))]
    assert older not in rig.owner.held()
    assert len(rig.owner.held()) == 2, "ana's newer record and eve's"
    assert rig.tracker.next_to_commit == 1


async def test_fetches_that_always_fail_end_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_GIVE_UP_SECONDS", 0.2)
    rig = _Rig(window=10)
    rig.consumer.failures = 1_000_000
    async with asyncio.timeout(10):
        with pytest.raises(KafkaError):
            await rig.intake.run()


async def test_intake_survives_occasional_failures_of_fetches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_GIVE_UP_SECONDS", 0.2)
    rig = _Rig(window=10)
    running = asyncio.create_task(rig.intake.run())
    for _ in range(10):  # longer in total than intake tolerates in one go
        rig.consumer.failures = 3
        await rig.consumer.until(lambda: rig.consumer.failures == 0)
        seen = rig.consumer.fetches
        await rig.consumer.until(lambda seen=seen: rig.consumer.fetches > seen)  # type: ignore[misc]
    rig.intake.stop()
    async with asyncio.timeout(10):
        await running


async def test_intake_waits_until_there_is_room_downstream() -> None:
    rig = _Rig(window=10)
    rig.has_room.clear()
    running = asyncio.create_task(rig.intake.run())
    await rig.consumer.until(lambda: rig.consumer.fetches == 1)
    for _ in range(100):  # turns of the event loop
        await asyncio.sleep(0)
    assert rig.consumer.fetches == 1
    rig.has_room.set()
    await rig.consumer.until(lambda: rig.consumer.fetches > 1)
    rig.intake.stop()
    async with asyncio.timeout(10):
        await running


async def test_records_of_a_troubled_partition_are_left_to_its_reader() -> None:
    rig = _Rig(window=2, hold=True)
    rig.troubled.report(_PLACE, ValueError("malformed"))
    rig.consumer.resume(_PLACE)  # as a rebalance does
    rig.consumer.fetched = [
        [_created(offset, f"user-{offset}") for offset in fetched]
        for fetched in (range(4), range(4, 6))
    ]
    running = asyncio.create_task(rig.intake.run())
    await rig.consumer.until(lambda: rig.consumer.fetches > 1)
    for held_id, recipient in list(rig.owner.held().items()):
        rig.push.driver.no_longer_owed(recipient, held_id)  # makes room
    await rig.consumer.until(lambda: rig.consumer.fetches > 3)
    rig.intake.stop()
    async with asyncio.timeout(10):
        await running
    assert rig.tracker.next_to_receive == 0, "some records were dropped, so none may be passed"
    assert rig.consumer.paused == {_PLACE}
