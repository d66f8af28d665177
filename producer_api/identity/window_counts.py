"""The counts of the current windows of a rate limit, in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class LimitCounts(Protocol):
    """The counts of one limit."""

    def add(self, key: str, amount: int) -> tuple[int, float]:
        """Add to the count of the key's window. Return the sum, and the seconds to its end."""


@dataclass(slots=True)
class _Window:
    ends: float
    count: int


class WindowCounts:
    """Owns the counts of one limit, by key. A window starts with the first request of its key.

    All windows have the same length, so they end in the order in which they started. Each call
    drops the ended windows from the front, so only current windows take memory. The strategies of
    the library `limits` would take ten times as long for each request.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def add(self, key: str, amount: int) -> tuple[int, float]:
        """Add to the count of the key's window. Return the sum, and the seconds to its end."""
        now = self._monotonic()
        while self._windows:
            first, window = next(iter(self._windows.items()))
            if window.ends > now:
                break
            del self._windows[first]
        current = self._windows.get(key)
        if current is None:
            current = self._windows[key] = _Window(now + self._seconds, 0)
        current.count += amount
        return current.count, current.ends - now


def window_counts(_: int, seconds: float) -> WindowCounts:
    """Return the counts of a limit in a single process. The limit's position is not needed."""
    return WindowCounts(seconds)
