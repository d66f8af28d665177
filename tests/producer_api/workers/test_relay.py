"""When the relay gives up its lease, with parts that the test controls.

tests/faults/test_outbox.py tests this with real processes that are cut off from Kafka.
"""

from typing import Any, cast

import pytest

from producer_api.metrics import Metrics
from producer_api.outbox.intent import Intent
from producer_api.outbox.publisher import NotPublishedError
from producer_api.outbox.records import TopicRecord
from producer_api.settings import Settings
from producer_api.workers import relay as module
from producer_api.workers.relay import Relay
from runtime import slices
from tests.producer_api.documents import document
from tests.producer_api.turns import turns_of

_RECORD = TopicRecord(b"ana", b"{}", [])


class _Parts:
    """Stands in for the intents, notifications, lease, publisher and watch of the relay."""

    def __init__(self) -> None:
        self.is_ready = True
        self.remaining = 60.0
        self.remaining_after_claim = 60.0
        self.remaining_after_read = 60.0
        self.may_be_held = True
        self.oldest_seconds = 5.0
        self.fails = False
        self.most_records = 1_000
        self.published = 0

    async def publish(self, records: list[TopicRecord], _: str) -> None:
        if self.fails or len(records) > self.most_records:
            raise NotPublishedError("Kafka did not confirm")
        self.published += 1

    async def claim(self) -> bool:
        self.may_be_held, self.remaining = True, self.remaining_after_claim
        return True

    async def release(self) -> None:
        self.may_be_held, self.remaining = False, 0.0

    async def take_over(self, _: float) -> int:
        return 0

    async def oldest_queued(self, _: int) -> list[Intent]:
        return [Intent("one", records=[_RECORD])]

    async def find_many(self, _: list[str]) -> dict[str, Any]:
        self.remaining = min(self.remaining, self.remaining_after_read)
        return {}

    async def delete(self, _: list[str]) -> None:
        """Keep the queue as it is."""


def _relay(parts: _Parts) -> Relay:
    settings = Settings(auth_jwt_secret="x" * 32)
    part = cast("Any", parts)
    return Relay(settings, part, part, part, part, part, Metrics())


async def test_a_process_that_cannot_publish_neither_keeps_nor_takes_the_lease() -> None:
    parts = _Parts()
    relay = _relay(parts)
    parts.is_ready = False
    for _ in range(2):
        assert not await relay.turn()
        assert not parts.may_be_held
    parts.is_ready = True
    assert await relay.turn()
    assert parts.published == 1


@pytest.mark.parametrize(
    ("late", "seconds"), [("remaining_after_claim", 2.9), ("remaining_after_read", 0.0)]
)
async def test_nothing_is_published_if_mongodb_answered_too_late_for_the_lease(
    late: str, seconds: float
) -> None:
    """Another process may take the lease before Kafka confirms, and publish at the same time."""
    parts = _Parts()
    relay = _relay(parts)
    parts.remaining = 0.0
    setattr(parts, late, seconds)  # a publish may take 3 s
    assert await relay.turn()
    assert parts.published == 0
    setattr(parts, late, 3.0)
    assert await relay.turn()
    assert parts.published == 1


async def test_the_lease_is_renewed_if_a_publish_may_outlast_it() -> None:
    parts = _Parts()
    parts.remaining_after_read = 2.9
    assert await _relay(parts).turn()
    assert parts.published == 1
    assert parts.remaining == parts.remaining_after_claim


async def test_a_process_rests_after_a_failure_although_it_seems_healthy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = _Parts()
    relay = _relay(parts)
    parts.fails = True
    assert not await relay.turn()
    parts.fails = False
    assert not await relay.turn()
    assert not parts.may_be_held, "another process must have the chance to take the lease"
    monkeypatch.setattr(relay, "_rests_until", 0.0)
    assert await relay.turn()


@pytest.mark.parametrize(("intents", "size"), [(20, 1), (1, 20), (3, 7)])
async def test_kafka_gets_fewer_records_at_once_after_a_publish_that_it_did_not_confirm(
    monkeypatch: pytest.MonkeyPatch, intents: int, size: int
) -> None:
    """Kafka is slow, or limits the program. The same number of records would fail again."""
    monkeypatch.setattr(module, "_REST_SECONDS", 0.0)
    parts = _Parts()
    queue = [Intent(str(number), records=[_RECORD] * size) for number in range(intents)]

    async def oldest_queued(_: int) -> list[Intent]:
        return queue.copy()

    async def delete(ids: list[str]) -> None:
        assert ids == [intent.id for intent in queue[: len(ids)]], "the order must stay"
        del queue[: len(ids)]

    monkeypatch.setattr(parts, "oldest_queued", oldest_queued)
    monkeypatch.setattr(parts, "delete", delete)
    parts.most_records = 3
    relay = _relay(parts)
    for _ in range(60):
        await relay.turn()
    assert queue == []


@pytest.mark.parametrize(("later", "keeps"), [(4.0, True), (5.0, True), (6.0, False)])
async def test_a_process_gives_the_lease_up_if_the_queue_grows_older(
    monkeypatch: pytest.MonkeyPatch, later: float, keeps: bool
) -> None:
    """The process publishes too slowly: each batch takes almost as long as the time-out allows."""
    monkeypatch.setattr(module, "_TERM_SECONDS", 0.0)
    parts = _Parts()
    relay = _relay(parts)
    assert await relay.turn()  # notes the age of the oldest intent
    monkeypatch.setattr(relay, "_term", module._Term(0.0, parts.oldest_seconds))
    parts.oldest_seconds = later
    assert await relay.turn()
    assert parts.may_be_held is keeps


async def test_other_tasks_run_while_many_records_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    parts = _Parts()
    ids = [f"0198c0de-0000-7000-8000-{number:012}" for number in range(20)]

    async def oldest_queued(_: int) -> list[Intent]:
        return [Intent("one", ids)]

    async def find_many(_: list[str]) -> dict[str, Any]:
        return {notification_id: document(_id=notification_id) for notification_id in ids}

    monkeypatch.setattr(parts, "oldest_queued", oldest_queued)
    monkeypatch.setattr(parts, "find_many", find_many)
    turns, _ = await turns_of(_relay(parts).turn())
    assert turns >= len(ids)
    assert parts.published == 1
