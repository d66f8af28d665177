"""The numbers of open connections, by which workers share new ones evenly."""

from collections.abc import Callable

#: What a worker that accepts nothing has in place of its number, so that nobody waits for it.
ACCEPTS_NOTHING = 2**63


class Balance:
    """Writes one worker's number of open connections, and reads those of the others.

    `connections` has the number of each worker, in memory that they share. `count` returns this
    worker's number.
    """

    def __init__(
        self, connections: "memoryview[int]", number: int, count: Callable[[], int]
    ) -> None:
        self._connections = connections
        self._index = number - 1
        self._count = count

    def is_ahead(self, beginning: int) -> bool:
        """Return whether this worker has more connections than another that accepts.

        `beginning` is the number of connections that are not among the open ones yet.
        """
        own = self.publish(beginning)
        return any(other < own for other in self._connections)

    def publish(self, beginning: int = 0) -> int:
        """Write this worker's number for the others, and return it."""
        own = self._connections[self._index] = self._count() + beginning
        return own

    def withdraw(self) -> None:
        """Let nobody wait for this worker: it accepts nothing more."""
        self._connections[self._index] = ACCEPTS_NOTHING
