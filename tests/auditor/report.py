"""The verdict as text for people, and as JSON for programs."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from tests.auditor.verdict import Counts, Verdict

_SHOWN = 10


def as_json(verdict: Verdict) -> str:
    """Return the whole verdict as JSON."""
    whole: dict[str, Any] = {"clean": verdict.clean, **asdict(verdict)}
    return json.dumps(whole, indent=2)


def as_text(verdict: Verdict, shown: int = _SHOWN) -> str:
    """Return a table of the counts, and the first `shown` findings of each kind."""
    lines = [f"{name:<44}{value:>12,}" for name, value in _rows(verdict.counts)]
    lines.append("")
    if verdict.clean:
        lines.append("clean: no guarantee was violated")
    for kind, group in groupby(verdict.findings, key=lambda finding: finding.kind):
        findings = list(group)
        lines.append(f"{kind.upper()} ({len(findings):,})")
        lines += [f"  {finding.place}: {finding.explanation}" for finding in findings[:shown]]
        if len(findings) > shown:
            lines.append(f"  … and {len(findings) - shown:,} more")
    return "\n".join(lines)


def _rows(counts: Counts) -> Iterator[tuple[str, int]]:
    yield "records on the topic", counts.records
    yield "  repeats among them", counts.repeats_on_log
    yield "  unsettled", counts.unsettled
    yield "  settled", counts.settled
    yield "    settled in the map, beyond the offset", counts.settled_by_map
    for fate, number in sorted(counts.fates.items()):
        yield f"    {fate}", number
    yield "offsets below the log's beginning, not judged", counts.trimmed
    yield "dead letters", counts.dead_letters
    for outcome, number in sorted(counts.receipts.items()):
        yield f"receipts: {outcome}", number
    yield "repeats of receipts", counts.repeats_of_receipts
    yield "  of deliveries", counts.repeats_of_delivered
    yield "  with another time", counts.repeats_at_another_time
    yield "notifications accepted by the API", counts.accepted
    yield "notifications in MongoDB", counts.stored
    yield "  delivered", counts.delivered
    yield "  owed", counts.owed
    yield "clients", counts.clients
    yield "  connections", counts.connections
    yield "  notifications received", counts.received
    yield "  notifications acknowledged", counts.acked
    yield "  duplicates", counts.duplicates
    yield "    of notifications already acknowledged", counts.duplicates_of_acked
    yield "samples of committed offsets", counts.samples
