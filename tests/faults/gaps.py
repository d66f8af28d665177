"""Measures how long connected users receive nothing while notifications are created steadily."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.auditor.read_logs import read_client_entries


class Gaps:
    """The gaps in the clients' logs, within the spans of time that a test marks."""

    def __init__(self, clients: Path, node: pytest.Item) -> None:
        self._clients = clients
        self._node = node
        self._spans: dict[str, list[tuple[float, float]]] = defaultdict(list)

    @contextmanager
    def around(self, kind: str) -> Iterator[None]:
        """Mark the time of this context as a span of this kind. A kind may have several spans."""
        since = time.time()
        yield
        self._spans[kind].append((since, time.time()))

    def longest(self, kind: str) -> float:
        """Return the longest time in seconds between consecutive arrivals at a device.

        Only times that overlap a span of this kind count. The test's report gets the longest time,
        and the median of the devices' longest times.
        """
        arrivals: dict[str, list[float]] = defaultdict(list)
        for entry in read_client_entries((self._clients,)):
            if entry.received:
                arrivals[entry.client].append(entry.at)
        longest_gaps = [self._longest_of(sorted(times), kind) for times in arrivals.values()]
        median = sorted(longest_gaps)[len(longest_gaps) // 2]
        figures = {"longest": round(max(longest_gaps), 2), "median": round(median, 2)}
        self._node.user_properties.append((f"seconds without a notification, {kind}", figures))
        return max(longest_gaps)

    def _longest_of(self, times: list[float], kind: str) -> float:
        return max(
            (
                after - before
                for since, until in self._spans[kind]
                for before, after in pairwise(times)
                if before < until and after > since
            ),
            default=0.0,
        )
