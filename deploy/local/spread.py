"""Which instance a new connection goes to. Pure: the time is passed in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_SILENT_SECONDS = 2.0


class Spread:
    """The one with the fewest connections; one that was silent just now only where all were."""

    def __init__(self) -> None:
        self._connections: Counter[str] = Counter()
        self._silent_until: dict[str, float] = {}

    def choose(self, instances: Sequence[str], now: float) -> str:
        """One of these (at least one). `now`, in seconds, never goes back."""
        return min(
            instances,
            key=lambda url: (self._silent_until.get(url, now) > now, self._connections[url]),
        )

    @contextmanager
    def counted(self, instance: str) -> Iterator[None]:
        """Count a connection of this instance, from the attempt on: many may arrive at a time."""
        self._connections[instance] += 1
        try:
            yield
        finally:
            self._connections[instance] -= 1

    def was_silent(self, instance: str, now: float) -> None:
        """This instance did not answer: spare the next clients the wait for it."""
        self._silent_until[instance] = now + _SILENT_SECONDS
