"""The command `skip`: shows what stops a partition, and lets the group go on beyond it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aiokafka import TopicPartition
from rich.console import Console

from delivery.consume.stopped_notes import COLLECTION, StoppedNote, StoppedNotes
from delivery.core.record_batch import BatchHeader, UnreadableBatchError
from delivery.inbox import Inbox
from delivery.tools.printable import printable
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox
from delivery.tools.topic_reader import TopicReader, topic_reader
from producer_api.contract.partitioning import partition_of

_SHOWN = 20
#: How far a record's time may be from the creation of its notification: clocks differ, and a record
#: may be written late.
_SLACK = timedelta(minutes=2)
_FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class _Range(NamedTuple):
    """The offsets to skip, and what their batches' headers say."""

    begin: int
    end: int | None
    """The offset after the last one; None if it is unknown."""
    headers: list[BatchHeader]

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Return the times between which the records were written, as far as they are known."""
        times = [time for header in self.headers for time in _times_of(header)]
        return min(times, default=_FIRST_TIME), max(times, default=datetime.now(UTC))


async def show_stopped(settings: ToolSettings, console: Console) -> int:
    """Print the partitions that stand still; return 1 if there are any. Raises `PyMongoError`."""
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        notes = await StoppedNotes(inbox.database[COLLECTION], "").of(settings.kafka_topic)
    finally:
        inbox.close()
    waiting = [note for note in notes if note.skip_to is None]
    for note in waiting:
        console.print(_text_of(note), markup=False)
    if not waiting:
        console.print("no partition stands still")
    return int(bool(waiting))


async def skip(
    settings: ToolSettings, number: int, to: int | None, console: Console, *, apply: bool
) -> int:
    """Print what a skip passes over and what the inbox still owes; allow the skip if `apply`.

    The owner of the partition then sends one dead letter for the range, continues after it, and
    lets all users of the partition catch up. Returns 1 if there is nothing to skip, or if the end
    is unknown and `to` is None. Raises `KafkaError` or `PyMongoError`.
    """
    tp = TopicPartition(settings.kafka_topic, number)
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        notes = StoppedNotes(inbox.database[COLLECTION], "")
        note = next((n for n in await notes.of(tp.topic) if n.partition == number), None)
        if note is None:
            console.print(f"partition {number} does not stand still")
            return 1
        console.print(_text_of(note), markup=False)
        async with topic_reader(settings) as topic:
            chosen = await _range(topic, tp, note, to)
            count = len(await topic.partitions(tp.topic))
        await _show(chosen, ToolInbox(inbox), tp, count, console)
        if chosen.end is None:
            console.print("the end of the range is unknown: choose it with --to OFFSET")
            return 1
        if not apply:
            console.print("nothing is done yet: repeat with --apply")
            return 0
        if not await notes.answer(tp, note.stopped, chosen.end):
            console.print(
                "the partition does not stand still there for this reason any more: look again"
            )
            return 1
        console.print(f"its owner goes on at offset {chosen.end} within seconds")
        return 0
    finally:
        inbox.close()


async def _range(
    topic: TopicReader, tp: TopicPartition, note: StoppedNote, to: int | None
) -> _Range:
    begin = note.stopped.offset
    log_end = (await topic.ends([tp]))[tp]
    headers = list(_headers(await topic.bytes_at(tp, begin), log_end))
    if to is None:
        return _Range(begin, headers[0].end if headers else None, headers[:1])
    end = min(to, log_end) if to > begin else None
    return _Range(begin, end, [header for header in headers if header.base_offset < to])


def _headers(data: bytes, log_end: int) -> Iterable[BatchHeader]:
    """Yield the headers of the batches in `data`, up to the first one that cannot be right."""
    position, lowest = 0, 0
    while position < len(data):
        try:
            header = BatchHeader.read(memoryview(data)[position:])
        except UnreadableBatchError:
            return
        if not lowest <= header.base_offset < header.end <= log_end:
            return
        yield header
        position, lowest = position + header.size, header.end


async def _show(
    chosen: _Range, tool_inbox: ToolInbox, tp: TopicPartition, count: int, console: Console
) -> None:
    """Print the range, and what the inbox owes. The topic has `count` partitions."""
    for header in chosen.headers:
        first, last = _times_of(header) or ("?", "?")
        console.print(
            f"batch: offsets {header.base_offset} to {header.end - 1}, {header.record_count} "
            f"records, {header.size:,} bytes, written from {first} to {last}"
        )
    if not chosen.headers:
        console.print("batch: its header cannot be read")
    if chosen.end is not None:
        console.print(f"to skip: offsets {chosen.begin} to {chosen.end - 1}")
    since, until = chosen.times
    owed = [
        (notification, user)
        for notification, user in await tool_inbox.owed_between(since - _SLACK, until + _SLACK)
        if partition_of(user, count) == tp.partition
    ]
    console.print(
        f"the inbox owes {len(owed)} notifications of this partition that were created around that "
        "time; connected users catch up after the skip, others when they connect"
    )
    for notification, user in owed[:_SHOWN]:
        console.print(f"  {notification}  {printable(user)}", markup=False)


def _text_of(note: StoppedNote) -> str:
    return (
        f"partition {note.partition} stands still at offset {note.stopped.offset} since "
        f"{note.since:%Y-%m-%d %H:%M:%S} UTC, last seen by {note.instance} at "
        f"{note.seen_at:%H:%M:%S}: {note.stopped.reason}"
    )


def _times_of(header: BatchHeader) -> tuple[datetime, datetime] | tuple[()]:
    """Return the first and the last time in a batch; nothing if they cannot be right."""
    try:
        first, last = (
            datetime.fromtimestamp(at / 1000, UTC)
            for at in (header.first_timestamp, header.max_timestamp)
        )
    except (OverflowError, OSError, ValueError):
        return ()
    is_possible = _FIRST_TIME <= first <= last <= datetime.now(UTC) + _SLACK
    return (first, last) if is_possible else ()
