"""The outcome of a campaign on the cluster, as a table and a summary to read."""

from rich.table import Table

from tests.cluster.campaign import Outcome

_COLUMNS = ("faults", "lost", "repeats", "inversions", "offsets back", "others", "longest stall")


def table_of(outcome: Outcome) -> Table:
    """Return a table with a row for each kind of fault, and one with their sums."""
    table = Table("kind of fault", title=f"faults of seed {outcome.seed}", show_footer=True)
    rows = outcome.rows
    sums = (
        sum(row.faults for row in rows),
        sum(row.lost for row in rows),
        sum(row.repeats for row in rows),
        sum(row.inversions for row in rows),
        sum(row.offsets_back for row in rows),
        sum(row.others for row in rows),
        f"{max((row.longest_stall for row in rows), default=0.0):.1f} s",
    )
    table.columns[0].footer = "all"
    for name, figure in zip(_COLUMNS, sums, strict=True):
        table.add_column(name, footer=str(figure), justify="right")
    for row in rows:
        figures = (row.faults, row.lost, row.repeats, row.inversions, row.offsets_back, row.others)
        table.add_row(row.kind, *map(str, figures), f"{row.longest_stall:.1f} s")
    return table


def summary_of(outcome: Outcome) -> str:
    """Return what the campaign did, in a sentence or two."""
    if outcome.verdict is None:
        return "no verdict"
    counts = outcome.verdict.counts
    repeats = ", ".join(f"{count:,} after {cause}" for cause, count in outcome.repeats.items())
    return (
        f"{outcome.seconds:,.0f} s, {len(outcome.faults)} steps with {outcome.inflicted} faults; "
        f"{counts.accepted:,} notifications accepted, {counts.delivered:,} delivered, "
        f"{counts.received:,} pushes of which {counts.duplicates:,} repeats, "
        f"{counts.connections:,} connections; "
        f"repeated requests: {repeats or 'none'}"
    )
