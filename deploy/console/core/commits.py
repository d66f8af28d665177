"""Finds the notifications that the group's committed offsets have passed."""

from collections import deque


class Commits:
    """Owns the committed offset of each partition, and the notifications beyond it."""

    def __init__(self, most: int) -> None:
        """Remember the newest notifications of each partition, at most `most` of them."""
        self._most = most
        self._committed: dict[int, int] = {}
        self._beyond: dict[int, deque[tuple[int, str]]] = {}

    def note(self, partition: int, offset: int, notification_id: str) -> None:
        """Remember a notification, unless its offset is committed already."""
        waiting = self._beyond.get(partition)
        # If the topic was deleted and created again, its offsets begin again at 0. Drop the
        # notifications of the old log: no commit passes them, and they would block the new ones.
        while waiting and waiting[-1][0] >= offset:
            waiting.pop()
        if offset >= self._committed.get(partition, 0):
            waiting = self._beyond.setdefault(partition, deque(maxlen=self._most))
            waiting.append((offset, notification_id))

    def moved(self, partition: int, committed: int) -> list[str]:
        """Return the ids that this committed offset has passed since the last call.

        The first call for a partition returns none: they were passed before, at unknown times.
        """
        is_first = partition not in self._committed
        self._committed[partition] = committed
        waiting = self._beyond.get(partition, deque())
        passed = []
        while waiting and waiting[0][0] < committed:
            passed.append(waiting.popleft()[1])
        return [] if is_first else passed

    def is_committed(self, partition: int, offset: int) -> bool:
        """Return whether the offset was committed at the last call of `moved`."""
        return offset < self._committed.get(partition, 0)
