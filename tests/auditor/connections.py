"""The connections in a client's log, and the repeats that the client received."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.auditor.facts import ClientEntry


class Repeats(NamedTuple):
    """The number of pushes that repeat a notification that the client had already received."""

    duplicates: int
    of_acked: int
    """The number of duplicates that the client had already acknowledged."""


def connections_of(entries: Iterable[ClientEntry]) -> list[list[ClientEntry]]:
    """Return the entries of each connection. Each `connected` entry starts a new one."""
    connections: list[list[ClientEntry]] = []
    for entry in entries:
        if entry.event == "connected" or not connections:
            connections.append([])
        connections[-1].append(entry)
    return connections


def repeated_at(entries: Iterable[ClientEntry]) -> Iterator[float]:
    """Yield the time of each repeat in one client's log, across its connections."""
    received: set[str] = set()
    for entry in entries:
        for notification_id in entry.received:
            if notification_id in received:
                yield entry.at
            received.add(notification_id)


def repeats_of(entries: Iterable[ClientEntry]) -> Repeats:
    """Count the repeats in one client's log, across its connections."""
    received: set[str] = set()
    acked: set[str] = set()
    duplicates = of_acked = 0
    for entry in entries:
        if entry.event == "acked":
            acked.update(entry.ids)
        for notification_id in entry.received:
            duplicates += notification_id in received
            of_acked += notification_id in acked
            received.add(notification_id)
    return Repeats(duplicates, of_acked)
