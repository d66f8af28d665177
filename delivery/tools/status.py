"""The command `status`: partitions, owners, lag, and the users who wait longest."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, NoReturn

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from delivery.consume.stopped_notes import COLLECTION, StoppedNotes
from delivery.inbox import Inbox
from delivery.tools.partition_status import PartitionStatus, read_partitions
from delivery.tools.printable import cell, printable
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import Backlog, ToolInbox
from producer_api.contract.ids import is_id, milliseconds_of
from producer_api.contract.known_topic import complaint
from producer_api.contract.partitioning import partition_of
from runtime.kafka_clients import admin_client

_INTERVAL_SECONDS = 2.0
_SLOWEST = 10
#: The owner of a stopped partition writes its note every 2 s. An older note is out of date.
_SEEN_WITHIN = timedelta(seconds=30)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Status(NamedTuple):
    """The data that the command shows."""

    partitions: list[PartitionStatus]
    backlogs: list[Backlog]
    """Sorted by waiting time, the longest first."""
    topic: str
    first_partitions: int | None
    """The number of partitions that the topic had at the first start."""
    stopped: frozenset[int] = frozenset()
    """The partitions that stand still."""

    @property
    def problem(self) -> str | None:
        """What is wrong with the topic's number of partitions, and what to do."""
        found = len(self.partitions)
        return complaint(self.topic, found, self.first_partitions or found)


async def status(settings: ToolSettings, console: Console, *, once: bool) -> int:
    """Print the status once, or show it live until interrupted.

    Raises `KafkaError`, `PyMongoError` or `TimeoutError` if the first read fails.
    """
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        if not once:
            await _show_live(settings, inbox, console)
        async with admin_client(settings.kafka_client_options()) as kafka:
            console.print(table_of(await _read_status(settings, inbox, kafka), time.time()))
        return 0
    finally:
        inbox.close()


async def _show_live(settings: ToolSettings, inbox: Inbox, console: Console) -> NoReturn:
    """Show the status until cancelled. During an outage, show the last one, and the cause."""
    shown: Group | None = None
    with Live(console=console, auto_refresh=False) as live:
        while True:
            try:
                async with admin_client(settings.kafka_client_options()) as kafka:
                    while True:
                        shown = table_of(await _read_status(settings, inbox, kafka), time.time())
                        live.update(shown, refresh=True)
                        await asyncio.sleep(_INTERVAL_SECONDS)
            except (KafkaError, PyMongoError, TimeoutError) as error:
                if shown is None:
                    raise  # the address may be wrong
                cause = Text(f"not updated: {printable(str(error) or repr(error))}", "red")
                live.update(Group(cause, shown), refresh=True)
                await asyncio.sleep(_INTERVAL_SECONDS)


async def _read_status(settings: ToolSettings, inbox: Inbox, kafka: AIOKafkaAdminClient) -> Status:
    """Ask Kafka and MongoDB at the same time."""
    tool_inbox, topic = ToolInbox(inbox), settings.kafka_topic
    partitions, backlogs, first_partitions, notes = await asyncio.gather(
        read_partitions(kafka, topic, settings.kafka_group_id),
        tool_inbox.owed_by_user(),
        tool_inbox.first_partitions(topic),
        StoppedNotes(inbox.database[COLLECTION], "").of(topic),
    )
    seen_since = datetime.now(UTC) - _SEEN_WITHIN
    stopped = frozenset(note.partition for note in notes if note.seen_at >= seen_since)
    return Status(partitions, backlogs, topic, first_partitions, stopped)


def table_of(current: Status, now: float) -> Group:
    """Return the tables to print; `now` is in Unix seconds."""
    partitions = current.first_partitions or len(current.partitions) or 1
    problem = (Text(current.problem, "red"),) if current.problem else ()
    tables = _partitions(current, partitions), _slowest(current.backlogs, partitions, now)
    return Group(*problem, *tables)


def _partitions(current: Status, count: int) -> Table:
    owed_by_partition: Counter[int] = Counter()
    for backlog in current.backlogs:
        owed_by_partition[partition_of(backlog.user, count)] += backlog.owed
    table = Table(
        "partition",
        "owner",
        "committed",
        "end",
        "lag",
        "settled beyond",
        "owed",
        title="partitions",
    )
    for partition in current.partitions:
        number = partition.tp.partition
        numbers = (partition.committed, partition.end, partition.lag, partition.settled_beyond)
        cells = [f"{value:,}" for value in (*numbers, owed_by_partition[number])]
        if partition.committed > partition.end:
            cells[0] = f"[red]{cells[0]}: beyond the end[/]"  # see `LogChanged` in docs/on-call.md
        owner = cell(partition.owner) or "[red]nobody[/]"
        if number in current.stopped:
            owner += " [red]stands still, see `skip`[/]"
        table.add_row(str(number), owner, *cells)
    lag, owed = sum(partition.lag for partition in current.partitions), owed_by_partition.total()
    table.add_section()
    table.add_row("all", "", "", "", f"{lag:,}", "", f"{owed:,}")
    return table


def _slowest(backlogs: Sequence[Backlog], partitions: int, now: float) -> Table:
    table = Table("user", "partition", "owed", "oldest", title="who waits longest")
    for backlog in backlogs[:_SLOWEST]:
        user = backlog.user
        # A damaged notification may have any id.
        created_at = milliseconds_of(backlog.oldest) if is_id(backlog.oldest) else None
        age = "?" if created_at is None else _duration(now - created_at / 1000)
        table.add_row(cell(user), str(partition_of(user, partitions)), f"{backlog.owed:,}", age)
    return table


def _duration(seconds: float) -> str:
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(0, seconds):.0f} s"
