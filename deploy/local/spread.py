"""Which instance a new connection goes to. Pure: the time is passed in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_SPARED_SECONDS = 2.0


class Spread:
    """The one with the fewest connections; one that is spared only where all are."""

    def __init__(self) -> None:
        self._connections: Counter[str] = Counter()
        self._spared_until: dict[str, float] = {}

    def choose(self, instances: Sequence[str], now: float) -> str:
        """One of these (at least one). `now`, in seconds, never goes back."""
        return min(
            instances,
            key=lambda url: (self._spared_until.get(url, now) > now, self._connections[url]),
        )

    @contextmanager
    def counted(self, instance: str) -> Iterator[None]:
        """Count a connection of this instance, from the attempt on: many may arrive at a time."""
        self._connections[instance] += 1
        try:
            yield
        finally:
            self._connections[instance] -= 1

    def spare(self, instance: str, now: float) -> None:
        """Send nobody to this instance for 2 s: it does not answer, or sends its clients away."""
        self._spared_until[instance] = now + _SPARED_SECONDS
