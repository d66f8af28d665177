"""Dead letters, and what a replay does with each: by what the inbox and the topic know of it."""

import time
from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from aiokafka import ConsumerRecord

from delivery.consume.parse_record import UnreadableRecordError, parse_record
from delivery.core.record import Record
from delivery.dead_letters.record import original_headers, told_of
from delivery.tools.repair import Repair
from delivery.tools.republish import REPLAYED_FROM
from delivery.tools.settings import ToolSettings
from delivery.tools.topic import reader
from producer_api.contract.notification import Document

#: The clocks of those who write to the topics differ by less.
_CLOCKS_MS = 60_000


class Fate(StrEnum):
    """What a replay does with a dead letter."""

    PUSH = "pushed anew, from the inbox"
    AS_IT_WAS = "put back as it was: it can be read now"
    PUT_BACK = "put back before"
    REPLAYED = "replayed before, waits for its user"
    DELIVERED = "delivered already"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "the inbox has nothing of it"


ACTED_ON = (Fate.PUSH, Fate.AS_IT_WAS)


class Letter(NamedTuple):
    """One dead letter, what it is about, and what a replay does with it."""

    record: ConsumerRecord
    fate: Fate
    document: Document | None

    @property
    def origin(self) -> str:
        """Where it stands, as a record that was put back names it."""
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"


def place_of(letter: ConsumerRecord) -> str:
    """Where it stands on the dead-letter topic, as commands name it."""
    return f"{letter.partition}:{letter.offset}"


def came_from(letter: ConsumerRecord) -> tuple[int, int] | None:
    """Partition and offset of the record on the main topic, where the letter says so."""
    headers = dict(letter.headers)
    try:
        return int(headers["dlq_partition"] or b""), int(headers["dlq_offset"] or b"")
    except (KeyError, ValueError):
        return None


async def letters(settings: ToolSettings) -> list[ConsumerRecord]:
    """All dead letters, by the time they came."""
    async with reader(settings) as topic:
        found = [letter async for letter in topic.all_of(settings.dead_letter_topic)]
    return sorted(found, key=lambda letter: letter.timestamp)


async def judged(settings: ToolSettings, places: Collection[str], repair: Repair) -> list[Letter]:
    """Those at these places, or all of them. Raises `KafkaError` or `PyMongoError`."""
    chosen = [each for each in await letters(settings) if not places or place_of(each) in places]
    found = await _by_the_inbox(chosen, repair)
    candidates = [each.record.timestamp for each in found if each.fate is Fate.AS_IT_WAS]
    put_back = await _put_back(settings, min(candidates)) if candidates else frozenset()
    return [
        each._replace(fate=Fate.PUT_BACK)
        if each.fate is Fate.AS_IT_WAS and each.origin in put_back
        else each
        for each in found
    ]


async def _put_back(settings: ToolSettings, since: int) -> frozenset[str]:
    """Where the letters stood that the topic has again; `since` in Unix milliseconds."""
    found: set[str] = set()
    async with reader(settings) as topic:
        for place in await topic.partitions(settings.kafka_topic):
            begin = await topic.first_since(place, max(0, since - _CLOCKS_MS))
            async for record in topic.records(place, begin):
                found.add(texts_of(record).get(REPLAYED_FROM, ""))
    return frozenset(found)


async def _by_the_inbox(found: Collection[ConsumerRecord], repair: Repair) -> list[Letter]:
    about = [told_of(_original(letter)) for letter in found]
    known = await repair.find({told.id for told in about if told is not None})
    result: list[Letter] = []
    seen: set[object] = set()
    for letter, told in zip(found, about, strict=True):
        document = known.get(told.id) if told is not None else None
        if document is not None and told is not None and document["user_id"] != told.user:
            document = None
        # Of a record that names no notification, an outage may have made two letters as well.
        about_this = told.id if told is not None else came_from(letter) or place_of(letter)
        fate = _fate(letter, document, repeated=about_this in seen)
        seen.add(about_this)
        result.append(Letter(letter, fate, document))
    return result


def _fate(letter: ConsumerRecord, document: Document | None, *, repeated: bool) -> Fate:
    if document is None:
        again = Fate.PUT_BACK if repeated else Fate.AS_IT_WAS
        return again if _is_told(letter) else Fate.UNKNOWN
    if document["delivered_at"] is not None:
        return Fate.DELIVERED
    if document["superseded_by"] is not None:
        return Fate.SUPERSEDED
    if document["expires_at"] is not None and document["expires_at"].timestamp() <= _now():
        return Fate.EXPIRED
    if document.get("dead_lettered_at") is None or repeated:
        return Fate.REPLAYED
    return Fate.PUSH


def _is_told(letter: ConsumerRecord) -> bool:
    """Whether it is no notification, and can be read now: then it is told, which does no harm."""
    try:
        return not isinstance(parse_record(_original(letter), 0), Record)
    except UnreadableRecordError:
        return False


def _original(letter: ConsumerRecord) -> ConsumerRecord:
    return replace(letter, headers=tuple(original_headers(letter.headers)))


def _now() -> float:
    return time.time()


def texts_of(letter: ConsumerRecord) -> dict[str, str]:
    """Its headers, for people."""
    return {name: text_of(value) for name, value in letter.headers}


def text_of(value: bytes | None) -> str:
    """A header, a key or a value, for people."""
    return "none" if value is None else value.decode(errors="backslashreplace")
