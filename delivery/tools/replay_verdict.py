"""Decides what a replay does with each dead letter, based on the inbox and the topic."""

import time
from collections.abc import Collection
from contextlib import aclosing
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from aiokafka import ConsumerRecord

from delivery.consume.parse_record import Muted, UnreadableRecordError, parse_record
from delivery.core.record import Record
from delivery.dead_letters.record import notification_of, original_headers
from delivery.tools.printable import printable
from delivery.tools.republish import REPLAYED_FROM
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox
from delivery.tools.topic_reader import topic_reader
from producer_api.contract.notification import Document

#: The clocks of the programs that write to the topics differ by less than this.
_CLOCK_SKEW_MS = 60_000


class ReplayVerdict(StrEnum):
    """What a replay does with a dead letter, and why."""

    PUSH = "pushed again, from the inbox"
    AS_IT_WAS = "put back as it was: it can be read now"
    PUT_BACK = "put back before"
    REPLAYED = "replayed before, waits for its user"
    DELIVERED = "delivered already"
    SUPERSEDED = "superseded"
    REMOVED = "muted or withdrawn"
    EXPIRED = "expired"
    UNKNOWN = "not in the inbox"


REPLAYABLE = (ReplayVerdict.PUSH, ReplayVerdict.AS_IT_WAS)


class ReplayCandidate(NamedTuple):
    """One dead letter, its notification in the inbox, and what a replay does with it."""

    record: ConsumerRecord
    verdict: ReplayVerdict
    document: Document | None

    @property
    def origin(self) -> str:
        """The letter's place, in the format of the header `replayed_from`."""
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"


def place_of(letter: ConsumerRecord) -> str:
    """Return the letter's place on the dead-letter topic, as the commands print it."""
    return f"{letter.partition}:{letter.offset}"


def came_from(letter: ConsumerRecord) -> tuple[int, int] | None:
    """Return the partition and offset of the original record, or None if they are missing."""
    headers = dict(letter.headers)
    try:
        return int(headers["dlq_partition"] or b""), int(headers["dlq_offset"] or b"")
    except (KeyError, ValueError):
        return None


async def read_dead_letters(settings: ToolSettings) -> list[ConsumerRecord]:
    """Return all dead letters, the oldest first. Raises `KafkaError`."""
    async with topic_reader(settings) as topic:
        letters = [letter async for letter in topic.all_of(settings.dead_letter_topic)]
    return sorted(letters, key=lambda letter: letter.timestamp)


async def judge(
    settings: ToolSettings, places: Collection[str], tool_inbox: ToolInbox
) -> list[ReplayCandidate]:
    """Decide on the dead letters at these places, or on all if `places` is empty.

    Raises `KafkaError` or `PyMongoError`.
    """
    records = await (_read_at(settings, places) if places else read_dead_letters(settings))
    letters = await _judge_by_inbox(records, tool_inbox)
    times = [
        letter.record.timestamp for letter in letters if letter.verdict is ReplayVerdict.AS_IT_WAS
    ]
    put_back = await _put_back_since(settings, min(times)) if times else frozenset()
    return [
        letter._replace(verdict=ReplayVerdict.PUT_BACK)
        if letter.verdict is ReplayVerdict.AS_IT_WAS and letter.origin in put_back
        else letter
        for letter in letters
    ]


async def _read_at(settings: ToolSettings, places: Collection[str]) -> list[ConsumerRecord]:
    """Return the dead letters at these places, the oldest first."""
    found: list[ConsumerRecord] = []
    async with topic_reader(settings) as topic:
        partitions = await topic.partitions(settings.dead_letter_topic)
        for place in places:
            number, _, offset = place.partition(":")
            if not (number.isdecimal() and offset.isdecimal() and int(number) < len(partitions)):
                continue
            async with aclosing(topic.records(partitions[int(number)], int(offset))) as records:
                letter = await anext(records, None)
            if letter is not None and place_of(letter) == place:
                found.append(letter)
    return sorted(found, key=lambda letter: letter.timestamp)


async def _put_back_since(settings: ToolSettings, milliseconds: int) -> frozenset[str]:
    """Return the origins of the records that were put back on the topic since this Unix time."""
    origins: set[str] = set()
    async with topic_reader(settings) as topic:
        for partition in await topic.partitions(settings.kafka_topic):
            begin = await topic.first_since(partition, max(0, milliseconds - _CLOCK_SKEW_MS))
            async for record in topic.records(partition, begin):
                origins.add(texts_of(record).get(REPLAYED_FROM, ""))
    return frozenset(origins)


async def _judge_by_inbox(
    records: Collection[ConsumerRecord], tool_inbox: ToolInbox
) -> list[ReplayCandidate]:
    notifications = [notification_of(_original(record)) for record in records]
    ids = {notification.id for notification in notifications if notification is not None}
    documents = await tool_inbox.find(ids)
    letters: list[ReplayCandidate] = []
    seen: set[object] = set()
    for record, notification in zip(records, notifications, strict=True):
        document = documents.get(notification.id) if notification is not None else None
        if document is not None and notification is not None:
            # A producer may write any id into a record, even the id of another user's notification.
            document = document if document["user_id"] == notification.user else None
        # After an outage, one record may have two dead letters. Replay only one of them.
        identity = (
            notification.id if notification is not None else came_from(record) or place_of(record)
        )
        verdict = _verdict(record, document, repeated=identity in seen)
        seen.add(identity)
        letters.append(ReplayCandidate(record, verdict, document))
    return letters


def _verdict(letter: ConsumerRecord, document: Document | None, *, repeated: bool) -> ReplayVerdict:
    if document is None:
        if_readable = ReplayVerdict.PUT_BACK if repeated else ReplayVerdict.AS_IT_WAS
        return if_readable if _is_readable_change(letter) else ReplayVerdict.UNKNOWN
    reached = _verdict_in_inbox(document)
    if reached is not None:
        return reached
    if document.get("dead_lettered_at") is None or repeated:
        return ReplayVerdict.REPLAYED
    return ReplayVerdict.PUSH


def _verdict_in_inbox(document: Document) -> ReplayVerdict | None:
    """Return why the inbox does not owe the notification; None if it does."""
    if document["delivered_at"] is not None:
        return ReplayVerdict.DELIVERED
    if document["superseded_by"] is not None:
        return ReplayVerdict.SUPERSEDED
    if document.get("removed") is not None:
        return ReplayVerdict.REMOVED
    if document["expires_at"] is not None and document["expires_at"].timestamp() <= time.time():
        return ReplayVerdict.EXPIRED
    return None


def _is_readable_change(letter: ConsumerRecord) -> bool:
    """Return whether the record can be read now, and is a change, an erasure or a withdrawal.

    It does no harm if delivery reads such a record twice.
    """
    try:
        return not isinstance(parse_record(_original(letter), 0), Record | Muted)
    except UnreadableRecordError:
        return False


def _original(letter: ConsumerRecord) -> ConsumerRecord:
    return replace(letter, headers=tuple(original_headers(letter.headers)))


def texts_of(letter: ConsumerRecord) -> dict[str, str]:
    """Return the headers as printable text."""
    return {name: text_of(value) for name, value in letter.headers}


def text_of(value: bytes | None) -> str:
    """Return a header, a key or a value as printable text."""
    return "none" if value is None else printable(value.decode(errors="backslashreplace"))
