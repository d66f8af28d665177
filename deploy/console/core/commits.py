"""Finds the notifications that the group's committed offsets have passed."""

from collections import OrderedDict, deque


class Commits:
    """Owns the committed offset of each partition, and the notifications beyond it."""

    def __init__(self, most: int) -> None:
        """Remember the newest notifications of all partitions together, at most `most` of them."""
        self._most = most
        self._committed: dict[int, int] = {}
        self._beyond: dict[int, deque[int]] = {}
        """The offsets of the notifications, by partition, the lowest first."""
        self._ids: OrderedDict[tuple[int, int], str] = OrderedDict()
        """The ids, by partition and offset. The id that was noted first is the first."""

    def note(self, partition: int, offset: int, notification_id: str) -> None:
        """Remember a notification, unless its offset is committed already."""
        waiting = self._beyond.get(partition)
        # If the topic was deleted and created again, its offsets begin again at 0. Drop the
        # notifications of the old log: no commit passes them, and they would block the new ones.
        while waiting and waiting[-1] >= offset:
            del self._ids[partition, waiting.pop()]
        if offset >= self._committed.get(partition, 0):
            self._beyond.setdefault(partition, deque()).append(offset)
            self._ids[partition, offset] = notification_id
        while len(self._ids) > self._most:
            (oldest, _), _ = self._ids.popitem(last=False)
            self._beyond[oldest].popleft()

    def moved(self, partition: int, committed: int) -> list[str]:
        """Return the ids that this committed offset has passed since the last call.

        The first call for a partition returns none: they were passed before, at unknown times.
        """
        is_first = partition not in self._committed
        self._committed[partition] = committed
        waiting = self._beyond.get(partition, deque())
        passed = []
        while waiting and waiting[0] < committed:
            passed.append(self._ids.pop((partition, waiting.popleft())))
        return [] if is_first else passed

    def is_committed(self, partition: int, offset: int) -> bool:
        """Return whether the offset was committed at the last call of `moved`."""
        return offset < self._committed.get(partition, 0)
