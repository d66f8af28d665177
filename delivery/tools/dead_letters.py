"""`dlq list`, `dlq show` and `dlq replay`: what could not be read, and what is to become of it."""

import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from aiokafka import ConsumerRecord
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.consume.read import UnreadableRecordError, read
from delivery.core.record import Record
from delivery.inbox import Inbox
from delivery.settle.dead_letter_record import Told, original_headers, told_of
from delivery.tools.repair import Repair
from delivery.tools.republish import republisher
from delivery.tools.settings import ToolSettings
from delivery.tools.topic import reader
from producer_api.contract.notification import Document


class Fate(StrEnum):
    """What a replay does with a dead letter."""

    PUSH = "pushed anew, from the inbox"
    AS_IT_WAS = "put back as it was: it can be read now"
    REPLAYED = "replayed before, waits for its user"
    DELIVERED = "delivered already"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "the inbox has nothing of it"


_ACTED_ON = (Fate.PUSH, Fate.AS_IT_WAS)


class Letter(NamedTuple):
    """One dead letter, what it is about, and what a replay does with it."""

    record: ConsumerRecord
    told: Told | None
    fate: Fate
    document: Document | None

    @property
    def place(self) -> str:
        """Where it stands on the dead-letter topic."""
        return f"{self.record.partition}:{self.record.offset}"


async def letters(settings: ToolSettings) -> list[ConsumerRecord]:
    """All dead letters, by the time they came."""
    async with reader(settings) as topic:
        found = [letter async for letter in topic.all_of(settings.dead_letter_topic)]
    return sorted(found, key=lambda letter: letter.timestamp)


async def show_list(settings: ToolSettings, console: Console) -> int:
    """Print them, a line each, and how many there are of each reason."""
    found = await letters(settings)
    table = Table("place", "came from", "reason", "key", title=settings.dead_letter_topic)
    for letter in found:
        headers = _texts(letter)
        origin = f"{headers.get('dlq_partition')}:{headers.get('dlq_offset')}"
        place = f"{letter.partition}:{letter.offset}"
        said = headers.get("dlq_reason", "?"), _text(letter.key)
        table.add_row(place, origin, *map(escape, said))
    console.print(table)
    reasons = Counter(_texts(letter).get("dlq_reason", "?") for letter in found)
    for reason, count in reasons.most_common():
        console.print(f"{count:>6}  {reason}", markup=False)
    return 0


async def show_one(settings: ToolSettings, place: str, console: Console) -> int:
    """Print all there is of one. 1 where there is none."""
    for letter in await letters(settings):
        if f"{letter.partition}:{letter.offset}" == place:
            for name, value in letter.headers:
                console.print(f"{name}: {_text(value)}", markup=False)
            console.print(f"key: {_text(letter.key)}", markup=False)
            console.print(f"value: {_text(letter.value)}", markup=False)
            return 0
    console.print(f"no dead letter at {place}")
    return 1


async def replay(
    settings: ToolSettings, places: Collection[str], console: Console, *, apply: bool
) -> int:
    """Say what becomes of each, of these or of all; with `apply`, do it."""
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        repair = Repair(inbox)
        found = await _judged(await letters(settings), repair)
        chosen = [letter for letter in found if not places or letter.place in places]
        if apply:
            await _carry_out(settings, chosen, repair)
    finally:
        inbox.close()
    for fate, count in Counter(letter.fate for letter in chosen).most_common():
        console.print(f"{count:>6}  {fate}", markup=False)
    acted = sum(letter.fate in _ACTED_ON for letter in chosen)
    console.print(f"{acted} replayed" if apply else f"{acted} to replay: repeat with --apply")
    return 0


async def _carry_out(settings: ToolSettings, chosen: Iterable[Letter], repair: Repair) -> None:
    async with republisher(settings) as out:
        for letter in chosen:
            origin = f"{settings.dead_letter_topic}/{letter.place.replace(':', '/')}"
            if letter.fate is Fate.AS_IT_WAS:
                await out.untouched(letter.record, origin)
            elif letter.fate is Fate.PUSH and letter.document is not None:
                await out.notification(letter.document, origin)
                await repair.not_dead_lettered([letter.document["_id"]])


async def _judged(found: Collection[ConsumerRecord], repair: Repair) -> list[Letter]:
    about = [told_of(_original(letter)) for letter in found]
    known = await repair.find({told.id for told in about if told is not None})
    judged: list[Letter] = []
    seen: set[str] = set()
    for letter, told in zip(found, about, strict=True):
        document = known.get(told.id) if told is not None else None
        if document is not None and told is not None and document["user_id"] != told.user:
            document = None
        fate = _fate(letter, document, repeated=told is not None and told.id in seen)
        if told is not None:
            seen.add(told.id)
        judged.append(Letter(letter, told, fate, document))
    return judged


def _fate(letter: ConsumerRecord, document: Document | None, *, repeated: bool) -> Fate:
    if document is None:
        return Fate.AS_IT_WAS if _is_told(letter) else Fate.UNKNOWN
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
        return not isinstance(read(_original(letter), 0), Record)
    except UnreadableRecordError:
        return False


def _original(letter: ConsumerRecord) -> ConsumerRecord:
    return replace(letter, headers=tuple(original_headers(letter.headers)))


def _now() -> float:
    return time.time()


def _texts(letter: ConsumerRecord) -> dict[str, str]:
    return {name: _text(value) for name, value in letter.headers}


def _text(value: bytes | None) -> str:
    return "none" if value is None else value.decode(errors="backslashreplace")
