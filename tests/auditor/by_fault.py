"""Counts the violations in the time after each fault. Pure: no I/O, no clock.

Each violation is attributed to the last fault that began before it. The driver of the faults lets
the pipeline recover after each of them.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from tests.auditor.connections import repeated_at
from tests.auditor.facts import ClientEntry, Facts
from tests.auditor.verdict import Finding, Kind

#: The kinds of findings that mean that a notification may never reach its user.
_LOST = {
    Kind.SETTLED_WITHOUT_REASON,
    Kind.MISSING_FROM_TOPIC,
    Kind.MISSING_FROM_INBOX,
    Kind.MISSING_FROM_CLIENT,
    Kind.DELIVERED_WITHOUT_ACK,
}
_INVERSIONS = {Kind.OUT_OF_ORDER_AT_CLIENT, Kind.OUT_OF_ORDER_ON_LOG, Kind.OVERTAKEN_ON_LOG}
_BEFORE = "no fault"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a run: its kind, and when it began, in Unix seconds."""

    kind: str
    began_at: float


@dataclass(slots=True)
class Row:
    """What happened after the faults of one kind."""

    kind: str
    faults: int = 0
    lost: int = 0
    repeats: int = 0
    inversions: int = 0
    offsets_back: int = 0
    others: int = 0
    """The number of findings of other kinds."""
    longest_stall: float = 0.0
    """The longest time between two arrivals at one client, in seconds."""


def by_fault(
    facts: Facts, findings: Iterable[Finding], faults: Sequence[Fault], until: float
) -> list[Row]:
    """Return a row for each kind of fault, sorted by kind.

    What happened before the first fault, or at an unknown time, has a row of its own. Notifications
    were created steadily up to `until`, in Unix seconds. A pause after that is not a stall.
    """
    rows = _Rows(sorted(faults, key=attrgetter("began_at")))
    for finding in findings:
        row = rows.at(finding.at)
        if finding.kind in _LOST:
            row.lost += 1
        elif finding.kind in _INVERSIONS:
            row.inversions += 1
        elif finding.kind is Kind.OFFSET_WENT_BACK:
            row.offsets_back += 1
        else:
            row.others += 1
    for entries in _by_client(facts.client_entries):
        for at in repeated_at(entries):
            rows.at(at).repeats += 1
        for before, after in pairwise(entry.at for entry in entries if entry.received):
            # The gap began at `before`. It counts for the last fault that began before its end.
            row = rows.at(min(after, until))
            row.longest_stall = max(row.longest_stall, min(after, until) - before)
    return rows.sorted()


class _Rows:
    """Owns the rows, and finds the row for a given time."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults
        self._starts = [fault.began_at for fault in faults]
        counts = Counter(fault.kind for fault in faults)
        self._rows = {kind: Row(kind, count) for kind, count in counts.items()}
        self._before = Row(_BEFORE)

    def at(self, seconds: float) -> Row:
        """Return the row of the last fault that began before this time."""
        index = bisect_right(self._starts, seconds) - 1
        return self._rows[self._faults[index].kind] if index >= 0 else self._before

    def sorted(self) -> list[Row]:
        """Return all rows, the one without a fault first."""
        return [self._before, *sorted(self._rows.values(), key=attrgetter("kind"))]


def _by_client(entries: Iterable[ClientEntry]) -> list[list[ClientEntry]]:
    by_client: dict[str, list[ClientEntry]] = {}
    for entry in entries:
        by_client.setdefault(entry.client, []).append(entry)
    return list(by_client.values())
