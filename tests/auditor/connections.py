"""A client's log as connections, and how often it got what it had."""

from collections.abc import Iterable
from typing import NamedTuple

from tests.auditor.facts import Entry


class Repeats(NamedTuple):
    """Pushes beyond the first of a notification to one client; the latter: it had acked it."""

    duplicates: int
    of_acked: int


def connections_of(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries of each connection; one begins with each `connected`."""
    found: list[list[Entry]] = []
    for entry in entries:
        if entry.event == "connected" or not found:
            found.append([])
        found[-1].append(entry)
    return found


def repeats_of(entries: Iterable[Entry]) -> Repeats:
    """How often one client was pushed what it had, across its connections."""
    had: set[str] = set()
    acked: set[str] = set()
    duplicates = of_acked = 0
    for entry in entries:
        if entry.event == "acked":
            acked.update(entry.ids)
        for name in entry.received:
            duplicates += name in had
            of_acked += name in acked
            had.add(name)
    return Repeats(duplicates, of_acked)
