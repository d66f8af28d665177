"""How long connected users received nothing while notifications were created all the time."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.auditor.read_logs import read_client_entries


class Gaps:
    """Reads the gaps from the clients' logs, for the spans of time that a test marks."""

    def __init__(self, clients: Path, node: pytest.Item) -> None:
        self._clients = clients
        self._node = node
        self._spans: dict[str, list[tuple[float, float]]] = defaultdict(list)

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        """Mark a span of time with what is done in it. There may be several of a kind."""
        since = time.time()
        yield
        self._spans[what].append((since, time.time()))

    def longest(self, what: str) -> float:
        """Return the longest time between two arrivals at a device in these spans, in seconds."""
        arrivals: dict[str, list[float]] = defaultdict(list)
        for entry in read_client_entries((self._clients,)):
            if entry.received:
                arrivals[entry.client].append(entry.at)
        of_each = [self._longest_of(sorted(times), what) for times in arrivals.values()]
        typical = sorted(of_each)[len(of_each) // 2]
        figures = {"longest": round(max(of_each), 2), "median": round(typical, 2)}
        self._node.user_properties.append((f"seconds without a notification, {what}", figures))
        return max(of_each)

    def _longest_of(self, times: list[float], what: str) -> float:
        return max(
            (
                after - before
                for since, until in self._spans[what]
                for before, after in pairwise(times)
                if before < until and after > since
            ),
            default=0.0,
        )
