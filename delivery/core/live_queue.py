"""The records of a live user that arrived while an event awaits its ack."""

from collections.abc import Collection, Sequence

from delivery.core.event_size import EVENT_BYTES, EVENT_ITEMS, first_event_of
from delivery.core.record import Record, has_expired

#: The queue has room for two events' worth of records.
_MAX_RECORDS, _MAX_BYTES = 2 * EVENT_ITEMS, 2 * EVENT_BYTES


class LiveQueue:
    """Owns the records that wait for the next event, in order: at most two events' worth."""

    __slots__ = ("_bytes", "records")

    def __init__(self) -> None:
        self.records: list[Record] = []
        """The waiting records. Change them only through the methods."""
        self._bytes = 0

    def offer(self, record: Record) -> bool:
        """Add the record if there is room for it, and return whether there is."""
        size = self._bytes + len(record.value)
        if len(self.records) >= _MAX_RECORDS or size > _MAX_BYTES:
            return False
        self.records.append(record)
        self._bytes = size
        return True

    def take_event(self, now: float) -> tuple[Sequence[Record], Sequence[Record]]:
        """Remove and return the records of the next event, and those that have expired.

        `now` is in Unix seconds.
        """
        records, self.records, self._bytes = self.records, [], 0
        # The usual case: while a user keeps up, only one record waits, and few records can expire.
        if len(records) == 1 and records[0].expires_at is None:
            return records, []
        expired = [record for record in records if has_expired(record, now)]
        if expired:
            records = [record for record in records if not has_expired(record, now)]
        event = first_event_of(records)
        for record in records[len(event) :]:
            self.offer(record)
        return event, expired

    def take_out(self, ids: Collection[str]) -> list[Record]:
        """Remove and return the records of these notifications."""
        taken = [record for record in self.records if record.id in ids]
        if taken:
            self.records = [record for record in self.records if record.id not in ids]
            self._bytes -= sum(len(record.value) for record in taken)
        return taken

    def clear(self) -> list[Record]:
        """Remove and return all records."""
        records, self.records, self._bytes = self.records, [], 0
        return records
