"""`shadow`: reads the topic beside delivery, and holds what it would deliver against the receipts.

It pushes nothing, and joins no group; how far it has compared is written down under its own name,
so the next run goes on from there. Partition by partition: memory is bounded by the largest one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson
from aiokafka import ConsumerRecord, TopicPartition
from rich.console import Console

from delivery.consume.parse_record import InboxChange, UnreadableRecordError, parse_record
from delivery.core.record import Erasure, Record
from delivery.core.shadow import DIFFERENCES, Evidence, Fate, fate_of
from delivery.dead_letters.record import told_of
from delivery.inbox import Inbox
from delivery.tools.letters import came_from, letters
from delivery.tools.repair import Repair
from delivery.tools.settings import ToolSettings
from delivery.tools.standing import Standing, standings
from delivery.tools.topic import Reader, reader
from producer_api.contract.events import Header, ReceiptType
from producer_api.contract.notification import Document

_SHOWN = 20
#: What a dead instance has left is told by another within a minute.
_TOLD_WITHIN = timedelta(minutes=2)
_IDS_A_QUERY = 1_000


class SameGroupError(Exception):
    """The shadow would write its own offsets where delivery's are."""


class _Told(NamedTuple):
    name: str
    kind: ReceiptType


class _Read(NamedTuple):
    offset: int
    name: str
    """Of the notification; empty where it cannot be told."""
    is_readable: bool
    is_erased: bool


async def shadow(settings: ToolSettings, group: str, console: Console) -> int:
    """Compare, print, and write down how far; 1 where there are differences.

    Raises `SameGroupError`, `KafkaError` or `PyMongoError`.
    """
    if group == settings.kafka_group_id:
        raise SameGroupError(f"{group!r} is delivery's own group: give the shadow another name")
    dead = {came_from(letter) for letter in await letters(settings)}
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    counts: Counter[Fate] = Counter()
    differing: list[str] = []
    try:
        # What is settled now has its receipts soon; so these are read after it.
        standing = await standings(settings)
        async with reader(settings, group) as topic:
            for each in standing:
                stories = await _stories(settings, topic, each, dead, Repair(inbox))
                counts.update(story for _, story in stories)
                differing += [
                    f"{each.place.partition}:{one.offset} {one.name} {story}"
                    for one, story in stories
                    if story in DIFFERENCES
                ]
                await topic.commit(each.place, _done(each, stories))
    finally:
        inbox.close()
    for story, count in counts.most_common():
        console.print(f"{count:>8}  {story}", markup=False)
    for line in differing[:_SHOWN]:
        console.print(line, markup=False)
    console.print(f"{len(differing)} differences in {counts.total()} records")
    return 1 if differing else 0


async def _stories(
    settings: ToolSettings,
    topic: Reader,
    standing: Standing,
    dead: Collection[tuple[int, int] | None],
    repair: Repair,
) -> list[tuple[_Read, Fate]]:
    place = standing.place
    begin = await topic.committed(place)
    found = _read_all([record async for record in topic.records(place, begin)])
    receipts = defaultdict(set)
    async for record in topic.records(TopicPartition(settings.receipt_topic, place.partition)):
        told = _receipt_in(record)
        if told is not None:
            receipts[told.name].add(told.kind)
    now = datetime.now(UTC)
    stored = await _stored(repair, [one.name for one in found if one.name])

    def delivered_at(name: str) -> datetime | None:
        return stored[name]["delivered_at"] if name in stored else None

    return [
        (
            one,
            fate_of(
                Evidence(
                    receipts=receipts.get(one.name, frozenset()),
                    is_settled=standing.is_settled(one.offset),
                    is_readable=one.is_readable,
                    is_dead_letter=(place.partition, one.offset) in dead,
                    is_erased=one.is_erased,
                    is_in_inbox=one.name in stored,
                    is_delivered=delivered_at(one.name) is not None,
                    is_delivered_for_long=(delivered_at(one.name) or now) < now - _TOLD_WITHIN,
                )
            ),
        )
        for one in found
    ]


def _read_all(records: Iterable[ConsumerRecord]) -> list[_Read]:
    """What should have been delivered, with whether its user was erased after it."""
    found: list[tuple[_Read, str]] = []
    erased: dict[str, int] = {}
    for record in records:
        try:
            said = parse_record(record, 0)
        except UnreadableRecordError:
            told = told_of(record)
            found.append((_Read(record.offset, told.id if told else "", False, False), ""))
            continue
        if isinstance(said, Erasure):
            erased[said.user] = record.offset
        elif isinstance(said, Record):
            found.append((_Read(record.offset, said.id, True, False), said.user))
        else:
            assert isinstance(said, InboxChange)  # noqa: S101 - there is nothing else
    return [
        (one._replace(is_erased=True) if erased.get(user, -1) > one.offset else one)
        for one, user in found
    ]


async def _stored(repair: Repair, names: list[str]) -> dict[str, Document]:
    stored: dict[str, Document] = {}
    for begin in range(0, len(names), _IDS_A_QUERY):
        stored |= await repair.find(names[begin : begin + _IDS_A_QUERY])
    return stored


def _done(standing: Standing, stories: Iterable[tuple[_Read, Fate]]) -> int:
    """Up to where the next run need not look again."""
    pending = (one.offset for one, story in stories if story is Fate.PENDING)
    return min(pending, default=standing.end)


def _receipt_in(record: ConsumerRecord) -> _Told | None:
    """Whoever else wrote there has told nothing."""
    try:
        kind = ReceiptType((dict(record.headers)[Header.TYPE] or b"").decode())
        return _Told(str(orjson.loads(record.value)["notification_id"]), kind)
    except (KeyError, TypeError, ValueError):
        return None
