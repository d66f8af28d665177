"""Tracks which offset of a partition may be committed, while records settle in any order."""

from typing import NamedTuple

from delivery.core.settled_map import LIMIT_OFFSETS


class DeadLetter(NamedTuple):
    """What the tracker keeps of a record that waits for the dead-letter topic."""

    key: bytes | None
    since: float
    """When it was found unreadable, in seconds of the monotonic clock."""


class FirstUnsettled(NamedTuple):
    """The record at `next_to_commit`, which holds back the commits."""

    offset: int
    key: bytes | None
    """The record's key: the user id. None if it is not known."""
    dead_letter_since: float | None
    """Set if the record waits for the dead-letter topic, in seconds of the monotonic clock."""


class Tracker:
    """Owns one partition's records in flight, under the assignment numbered `epoch`.

    Keeps only the offsets in flight, in the order received. So neither gaps nor settled records
    use memory, even if an earlier record waits for days. Gaps come from retention, compaction and
    transactions. They contain no record, so they hold back no commit.

    Invariants:

    - No record below `next_to_commit` is in flight.
    - The record at `next_to_commit` is in flight, unless `next_to_commit` is `next_to_receive`.
    - A call with another epoch changes nothing: it belongs to an assignment that has ended.
    """

    __slots__ = (
        "_earlier_flags",
        "_earlier_offset",
        "_in_flight",
        "epoch",
        "in_flight",
        "in_flight_bytes",
        "next_to_receive",
    )

    def __init__(self, next_offset: int, epoch: int, settled_beyond: bytes = b"") -> None:
        """Start at the group's committed offset, with the flags of its settled map."""
        self.epoch = epoch
        self.in_flight = 0
        """The number of records that are received and not settled. Intake reads it for each record,
        so it is kept up to date instead of being computed."""
        self.in_flight_bytes = 0
        self.next_to_receive = next_offset
        """The offset after the last one that was received. The next fetch must begin here."""
        #: Each offset with the record's key. A dict keeps the order of insertion: its first offset
        #: is the lowest.
        self._in_flight: dict[int, bytes | DeadLetter | None] = {}
        self._earlier_flags = settled_beyond
        self._earlier_offset = next_offset  # the offset of the first flag

    @property
    def next_to_commit(self) -> int:
        """The offset to commit: the end of the contiguous prefix of settled records."""
        return next(iter(self._in_flight), self.next_to_receive)

    @property
    def first_unsettled(self) -> FirstUnsettled | None:
        """The record that holds back the commits; None if every record received is settled."""
        for offset, kept in self._in_flight.items():
            if isinstance(kept, DeadLetter):
                return FirstUnsettled(offset, kept.key, kept.since)
            return FirstUnsettled(offset, kept, None)
        return None

    def receive(self, offset: int, size: int, key: bytes | None = None) -> bool:
        """Take in a record of `size` bytes, and return whether it is new and must be settled.

        Returns False for a record that was received before, and for one that the settled map of an
        earlier assignment marks as settled.
        """
        if offset < self.next_to_receive:
            return False
        self.next_to_receive = offset + 1
        if self._earlier_flags and self._was_settled(offset):
            return False
        self._in_flight[offset] = key
        self.in_flight += 1
        self.in_flight_bytes += size
        return True

    def receive_range(self, begin: int, end: int) -> int | None:
        """Take in the offsets from `begin` up to `end` as one record without bytes.

        Returns the offset at which to settle it: the first one that was not received before. Until
        it is settled, no commit passes any of the new offsets. Returns None if all were received
        before, or if the settled map marks that offset as settled.
        """
        begin = max(begin, self.next_to_receive)
        if begin >= end:
            return None
        is_new = self.receive(begin, 0)
        self.next_to_receive = end
        return begin if is_new else None

    def dead_letter(self, offset: int, size: int, key: bytes | None, now: float) -> None:
        """Note that, from `now` on, a record in flight waits for the dead-letter topic.

        Its bytes no longer count, so settle it with size 0.
        """
        self._in_flight[offset] = DeadLetter(key, now)
        self.in_flight_bytes -= size

    def settle(self, offset: int, size: int, epoch: int) -> bool:
        """Settle a record, and return whether it was in flight under this epoch."""
        if epoch != self.epoch or offset not in self._in_flight:
            return False
        del self._in_flight[offset]
        self.in_flight -= 1
        self.in_flight_bytes -= size
        return True

    def settled_beyond(self) -> bytes:
        """Return one flag for each offset from `next_to_commit` upwards, for `settled_map`.

        The flag is 0 if the record is in flight, and 1 if it is settled or does not exist. For
        records that are not received yet, the flags are those of the earlier assignment's map, as
        far as it goes. Offsets beyond the range of a map are left out.
        """
        start = self.next_to_commit
        end = min(self.next_to_receive, start + LIMIT_OFFSETS)
        flags = bytearray(b"\1") * (end - start)
        for offset in self._in_flight:
            if offset >= end:
                break
            flags[offset - start] = 0
        return bytes(flags) + self._earlier_flags[end - self._earlier_offset :]

    def _was_settled(self, offset: int) -> bool:
        index = offset - self._earlier_offset
        if index >= len(self._earlier_flags):
            self._earlier_flags = b""  # the earlier map covers no later offset
            return False
        return self._earlier_flags[index] == 1
