"""Rates per second, from counters that only rise."""

from collections.abc import Mapping


class Rates:
    """Owns the last two readings of one instance's counters."""

    def __init__(self) -> None:
        self._at: float | None = None
        self._counts: dict[str, float] = {}
        self.per_second: dict[str, float] = {}

    def read(self, counts: Mapping[str, float], now: float) -> None:
        """Add a reading; `now` is in seconds. A counter that fell has begun again at 0."""
        if self._at is not None and now > self._at:
            seconds = now - self._at
            self.per_second = {
                name: round(_rise(self._counts.get(name, 0.0), count) / seconds, 1)
                for name, count in counts.items()
            }
        self._at, self._counts = now, dict(counts)


def _rise(before: float, after: float) -> float:
    return after - before if after >= before else after
