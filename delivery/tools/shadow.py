"""The command `shadow`: compares the records of the topic with the receipts of their delivery.

It pushes nothing and joins no group. It commits the offsets up to which it has compared, under a
group name of its own, and the next run continues there. It compares one partition at a time, so it
needs no more memory than the largest partition takes.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson
from aiokafka import ConsumerRecord, TopicPartition
from rich.console import Console

from delivery.consume.parse_record import InboxChange, Muted, UnreadableRecordError, parse_record
from delivery.core.record import Erasure, Record, Withdrawal
from delivery.core.shadow import DIFFERENCES, Evidence, Fate, fate_of
from delivery.dead_letters.record import notification_of
from delivery.inbox import Inbox
from delivery.tools.partition_status import PartitionStatus, partition_statuses
from delivery.tools.replay_verdict import came_from, read_dead_letters
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox
from delivery.tools.topic_reader import TopicReader, topic_reader
from producer_api.contract.events import Header, ReceiptType
from producer_api.contract.notification import Document

_SHOWN = 20
#: If an instance dies, another instance writes the owed receipts, after a minute at most.
_RECEIPTS_WITHIN = timedelta(minutes=2)


class SameGroupError(Exception):
    """The group is delivery's own, and the shadow would overwrite its offsets."""


class _Expected(NamedTuple):
    """A record whose fate is checked: a notification's, or one that cannot be read."""

    offset: int
    id: str
    """The notification's id; empty if the record is unreadable and names none."""
    is_readable: bool = True
    is_erased: bool = False
    is_muted: bool = False


class _Comparison(NamedTuple):
    record: _Expected
    fate: Fate


async def shadow(settings: ToolSettings, group: str, console: Console) -> int:
    """Print the differences and commit the offsets; return 1 if there are differences.

    Raises `SameGroupError`, `KafkaError` or `PyMongoError`.
    """
    if group == settings.kafka_group_id:
        raise SameGroupError(f"{group!r} is delivery's own group: give the shadow another name")
    dead_letters = {came_from(letter) for letter in await read_dead_letters(settings)}
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    counts: Counter[Fate] = Counter()
    differences: list[str] = []
    try:
        # Read the positions before the receipts. In the other order, a record that is settled in
        # between would seem to have no receipt.
        statuses = await partition_statuses(settings)
        async with topic_reader(settings, group) as topic:
            for status in statuses:
                tool_inbox = ToolInbox(inbox)
                comparisons = await _compare(settings, topic, status, dead_letters, tool_inbox)
                counts.update(fate for _, fate in comparisons)
                differences += [
                    f"{status.tp.partition}:{record.offset} {record.id} {fate}"
                    for record, fate in comparisons
                    if fate in DIFFERENCES
                ]
                await topic.commit(status.tp, _next_offset(status, comparisons))
    finally:
        inbox.close()
    for fate, count in counts.most_common():
        console.print(f"{count:>8}  {fate}", markup=False)
    for line in differences[:_SHOWN]:
        console.print(line, markup=False)
    console.print(f"{len(differences)} differences in {counts.total()} records")
    return 1 if differences else 0


async def _compare(
    settings: ToolSettings,
    topic: TopicReader,
    status: PartitionStatus,
    dead_letters: Collection[tuple[int, int] | None],
    tool_inbox: ToolInbox,
) -> list[_Comparison]:
    partition = status.tp.partition
    begin = await topic.committed(status.tp)
    if begin is not None and begin > status.end:
        begin = None  # the topic was made again, and this is an offset of the old log
    expected = _expected([record async for record in topic.records(status.tp, begin)])
    receipts = await _receipts(topic, TopicPartition(settings.receipt_topic, partition))
    documents = await tool_inbox.find([record.id for record in expected if record.id])
    return [
        _Comparison(
            record,
            fate_of(
                _evidence(
                    record,
                    receipts.get(record.id, frozenset()),
                    documents.get(record.id),
                    is_settled=status.is_settled(record.offset),
                    is_dead_letter=(partition, record.offset) in dead_letters,
                )
            ),
        )
        for record in expected
    ]


def _evidence(
    record: _Expected,
    receipts: Collection[ReceiptType],
    document: Document | None,
    *,
    is_settled: bool,
    is_dead_letter: bool,
) -> Evidence:
    delivered_at = document["delivered_at"] if document is not None else None
    long_ago = datetime.now(UTC) - _RECEIPTS_WITHIN
    return Evidence(
        receipts=frozenset(receipts),
        is_settled=is_settled,
        is_readable=record.is_readable,
        is_dead_letter=is_dead_letter,
        is_muted=record.is_muted,
        is_erased=record.is_erased,
        is_in_inbox=document is not None,
        is_delivered=delivered_at is not None,
        is_delivered_for_long=delivered_at is not None and delivered_at < long_ago,
    )


def _expected(records: Iterable[ConsumerRecord]) -> list[_Expected]:
    """Return the records whose fate is checked; mark those that an erasure follows."""
    expected: list[tuple[_Expected, str]] = []
    erasure_offsets: dict[str, int] = {}
    for record in records:
        try:
            parsed = parse_record(record, 0)
        except UnreadableRecordError:
            notification = notification_of(record)
            notification_id = notification.id if notification else ""
            expected.append((_Expected(record.offset, notification_id, is_readable=False), ""))
            continue
        if isinstance(parsed, Erasure):
            erasure_offsets[parsed.user] = record.offset
        elif isinstance(parsed, Record | Muted):
            is_muted = isinstance(parsed, Muted)
            one = _Expected(record.offset, parsed.id, is_muted=is_muted)
            expected.append((one, parsed.user))
        else:
            assert isinstance(parsed, Withdrawal | InboxChange)  # noqa: S101 - narrows the type
    return [
        (
            record._replace(is_erased=True)
            if erasure_offsets.get(user, -1) > record.offset
            else record
        )
        for record, user in expected
    ]


async def _receipts(
    topic: TopicReader, partition: TopicPartition
) -> Mapping[str, set[ReceiptType]]:
    """Return the kinds of receipts on the partition, by the notification's id."""
    receipts: defaultdict[str, set[ReceiptType]] = defaultdict(set)
    async for record in topic.records(partition):
        # Other programs may write to the topic, too. Skip records that are not receipts.
        try:
            kind = ReceiptType((dict(record.headers)[Header.TYPE] or b"").decode())
            receipts[str(orjson.loads(record.value)["notification_id"])].add(kind)
        except (KeyError, TypeError, ValueError):
            continue
    return receipts


def _next_offset(status: PartitionStatus, comparisons: Iterable[_Comparison]) -> int:
    """Return the offset where the next run continues: the first record that is not settled."""
    pending = (record.offset for record, fate in comparisons if fate is Fate.PENDING)
    return min(pending, default=status.end)
