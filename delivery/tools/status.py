"""`status`: partitions, owners, lag, who is owed most and who waits longest; once, or live."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from delivery.inbox import Inbox
from delivery.tools.repair import Backlog, Repair
from delivery.tools.settings import ToolSettings
from delivery.tools.standing import Standing, standings
from producer_api.contract.ids import milliseconds_of
from producer_api.contract.partitioning import partition_of

_INTERVAL_SECONDS = 2.0
_SLOWEST = 10
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Status(NamedTuple):
    """What there is to see."""

    standings: list[Standing]
    backlogs: list[Backlog]
    """Those who wait longest first."""


async def status(settings: ToolSettings, console: Console, *, once: bool) -> int:
    """Print it, or show it until interrupted. Raises `KafkaError` or `PyMongoError`."""
    inbox = Inbox(settings.mongo_url, settings.mongo_database)
    try:
        repair = Repair(inbox)
        if once:
            console.print(table_of(await _look(settings, repair), time.time()))
            return 0
        with Live(console=console, auto_refresh=False) as live:
            while True:
                live.update(table_of(await _look(settings, repair), time.time()), refresh=True)
                await asyncio.sleep(_INTERVAL_SECONDS)
    finally:
        inbox.close()


async def _look(settings: ToolSettings, repair: Repair) -> Status:
    return Status(await standings(settings), await repair.owed_by_user())


def table_of(found: Status, now: float) -> Group:
    """The tables; `now` in Unix seconds."""
    return Group(_partitions(found), _slowest(found.backlogs, len(found.standings) or 1, now))


def _partitions(found: Status) -> Table:
    count = len(found.standings) or 1
    owed: Counter[int] = Counter()
    for backlog in found.backlogs:
        owed[partition_of(backlog.user, count)] += backlog.owed
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
    for each in found.standings:
        number = each.place.partition
        numbers = (each.committed, each.end, each.lag, each.settled_beyond)
        shown = (f"{value:,}" for value in (*numbers, owed[number]))
        table.add_row(str(number), each.owner or "[red]nobody[/]", *shown)
    totals = (sum(each.lag for each in found.standings), owed.total())
    table.add_section()
    table.add_row("all", "", "", "", f"{totals[0]:,}", "", f"{totals[1]:,}")
    return table


def _slowest(backlogs: Sequence[Backlog], partitions: int, now: float) -> Table:
    table = Table("user", "partition", "owed", "oldest", title="who waits longest")
    for each in backlogs[:_SLOWEST]:
        created = milliseconds_of(each.oldest)
        waits = "?" if created is None else _duration(now - created / 1000)
        table.add_row(
            escape(each.user), str(partition_of(each.user, partitions)), f"{each.owed:,}", waits
        )
    return table


def _duration(seconds: float) -> str:
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{max(0, seconds):.0f} s"
