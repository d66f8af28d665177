"""Which partitions, and which single sockets, no owner has served for too long."""

from collections.abc import Collection, Mapping


class Unserved:
    """Owns when each partition was last served, and since when sockets are refused.

    Looks only at partitions and refusals, so its cost does not depend on the number of sockets.
    All times are seconds of the monotonic clock.
    """

    __slots__ = ("_checked_at", "_patience", "_refused_since", "_served_at")

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._checked_at: float | None = None
        self._served_at: dict[int, float] = {}
        self._refused_since: dict[str, float] = {}

    def check(self, served: Mapping[int, bool], refused: Collection[str], now: float) -> None:
        """Note which partitions are served now, and which sockets their owners refuse."""
        before = now if self._checked_at is None else self._checked_at
        for partition, is_served in served.items():
            if is_served:
                self._served_at[partition] = now
            else:
                self._served_at.setdefault(partition, before)
        # Drop the sockets that are not refused now. If one is refused later, its time starts again.
        since = self._refused_since
        self._refused_since = {socket: since.get(socket, before) for socket in refused}
        self._checked_at = now

    @property
    def partitions(self) -> set[int]:
        """The partitions that have not been served for too long."""
        now = self._checked_at or 0.0
        return {number for number, at in self._served_at.items() if now - at > self._patience}

    @property
    def sockets(self) -> list[str]:
        """The sockets that have been refused for too long."""
        now = self._checked_at or 0.0
        return [socket for socket, at in self._refused_since.items() if now - at > self._patience]
