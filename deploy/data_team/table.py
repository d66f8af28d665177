"""The funnel as a table for the terminal."""

from collections.abc import Sequence

from rich.table import Table

from deploy.data_team.funnel import Row

_MAX_MS_SHOWN = 10_000


def table_of(rows: Sequence[Row]) -> Table:
    """Return a table with a line for each hour and type, and a line of totals."""
    table = Table(title="created → delivered → seen → read")
    for name in ("hour (UTC)", "type"):
        table.add_column(name)
    for name in ("created", "muted", "withdrawn", "delivered", "seen", "read", "p50", "p95", "p99"):
        table.add_column(name, justify="right")
    for row in rows:
        latencies = [_duration(latency) for latency in row.latencies or ()] or ["-"] * 3
        table.add_row(row.hour, row.type, *_stages(row.created, row), *latencies)
    table.add_section()
    total = Row(
        "all",
        "",
        sum(row.created for row in rows),
        sum(row.delivered for row in rows),
        sum(row.seen for row in rows),
        sum(row.read for row in rows),
        None,
        sum(row.muted for row in rows),
        sum(row.withdrawn for row in rows),
    )
    table.add_row("", "all", *_stages(total.created, total), "", "", "")
    return table


def _stages(created: int, row: Row) -> list[str]:
    counts = (row.muted, row.withdrawn, row.delivered, row.seen, row.read)
    return [f"{created:,}", *(f"{count:,} ({_share(count, created)})" for count in counts)]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _duration(milliseconds: float) -> str:
    return (
        f"{milliseconds:,.0f} ms"
        if milliseconds < _MAX_MS_SHOWN
        else f"{milliseconds / 1000:,.0f} s"
    )
