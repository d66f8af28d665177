"""The numbers of open connections, by which workers share new ones evenly."""

import time
from collections.abc import Callable

from runtime.workers.shared_memory import SharedMemory

#: A worker that accepts nothing writes this in place of its number, so that no other waits for it.
ACCEPTS_NOTHING = 2**63
#: A worker that has not written its number for this long hangs, so the others do not wait for it
#: either. Workers write their number ten times a second.
_FRESH_NS = 1_000_000_000


class Balance:
    """Writes one worker's number of open connections, and reads those of the others.

    `count` returns this worker's number.
    """

    def __init__(
        self,
        memory: SharedMemory,
        number: int,
        count: Callable[[], int],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._connections, self._beats = memory.connections, memory.beats
        self._index = number - 1
        self._count = count
        self._monotonic_ns = monotonic_ns

    def is_ahead(self, beginning: int) -> bool:
        """Return whether this worker has more connections than another that accepts.

        `beginning` is the number of connections that this worker has accepted, but does not count
        among its open ones yet.
        """
        own = self.publish(beginning)
        fresh = self._monotonic_ns() - _FRESH_NS
        return any(
            other < own and beat > fresh
            for other, beat in zip(self._connections, self._beats, strict=True)
        )

    def publish(self, beginning: int = 0) -> int:
        """Write this worker's number for the others, and return it."""
        own = self._connections[self._index] = self._count() + beginning
        self._beats[self._index] = self._monotonic_ns()
        return own

    def withdraw(self) -> None:
        """Let no other worker wait for this one, because it accepts nothing more."""
        self._connections[self._index] = ACCEPTS_NOTHING
