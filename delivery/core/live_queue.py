"""The records of a live user that arrived while an event awaits its ack."""

from collections.abc import Sequence

from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS, first_event_of
from delivery.core.record import Record, has_expired

_EVENTS = 2


class LiveQueue:
    """Owns the records that wait for the next event, in order: at most two events' worth."""

    __slots__ = ("_bytes", "_records")

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._records)

    def has_room_for(self, record: Record) -> bool:
        """Return whether this record fits into the queue."""
        return (
            len(self._records) < _EVENTS * EVENT_ITEMS
            and self._bytes + len(record.value) <= _EVENTS * EVENT_BYTES
        )

    def append(self, record: Record) -> None:
        """Add a record. The caller has checked that there is room."""
        self._records.append(record)
        self._bytes += len(record.value)

    def take_event(self, now: float) -> tuple[Sequence[Record], Sequence[Record]]:
        """Remove and return the records of the next event, and those that have expired.

        `now` is in Unix seconds.
        """
        records = self.clear()
        expired = [record for record in records if has_expired(record, now)]
        if expired:
            records = [record for record in records if not has_expired(record, now)]
        event = first_event_of(records)
        for record in records[len(event) :]:
            self.append(record)
        return event, expired

    def clear(self) -> list[Record]:
        """Remove and return all records."""
        records, self._records, self._bytes = self._records, [], 0
        return records
