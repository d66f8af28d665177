"""Which offset of one partition may be committed, while its records are settled in any order."""

from delivery.core.settled_map import LIMIT_OFFSETS


class Tracker:
    """Owns what is in flight of one partition under one assignment, its `epoch`.

    Kept are the offsets in flight alone, in the order received: what is settled behind a record
    that waits for days, and a gap of any size (retention, compaction, transactions), cost nothing.
    A gap holds no record, and so nothing back. Invariants: nothing below `next_to_commit` is in
    flight; the record at it is, or it equals `next_to_receive`. What bears another epoch is
    ignored: it belongs to an assignment that is over.
    """

    __slots__ = (
        "_earlier",
        "_earlier_offset",
        "_in_flight",
        "epoch",
        "in_flight_bytes",
        "next_to_receive",
    )

    def __init__(self, next_offset: int, epoch: int, settled_beyond: bytes = b"") -> None:
        """Start at the group's committed offset, with the flags of its `settled_map`."""
        self.epoch = epoch
        self.in_flight_bytes = 0
        self.next_to_receive = next_offset
        """The offset after the last one received: where a fetch must go on."""
        #: A dict for its order: the offsets rise, so the first key is the oldest.
        self._in_flight: dict[int, None] = {}
        self._earlier = settled_beyond
        self._earlier_offset = next_offset  # of the first flag of _earlier

    @property
    def in_flight(self) -> int:
        """How many records are received and not settled."""
        return len(self._in_flight)

    @property
    def next_to_commit(self) -> int:
        """The end of the contiguous prefix of settled records: the offset to commit."""
        return next(iter(self._in_flight), self.next_to_receive)

    def receive(self, offset: int, size: int) -> bool:
        """Take in a record of `size` bytes; whether it is new, and so has to be settled.

        False for a repeat, and for what an earlier assignment's map says is settled.
        """
        if offset < self.next_to_receive:
            return False
        self.next_to_receive = offset + 1
        if self._earlier and self._was_settled(offset):
            return False
        self._in_flight[offset] = None
        self.in_flight_bytes += size
        return True

    def settle(self, offset: int, size: int, epoch: int) -> bool:
        """Settle a record; whether that changed anything: repeats and other epochs do not."""
        if epoch != self.epoch or offset not in self._in_flight:
            return False
        del self._in_flight[offset]
        self.in_flight_bytes -= size
        return True

    def settled_beyond(self) -> bytes:
        """One flag an offset from `next_to_commit` upwards, for `settled_map`.

        0 where a record is in flight or not received yet, 1 where one is settled, or there is
        none. What lies further than a map reaches is left out.
        """
        start = self.next_to_commit
        end = min(self.next_to_receive, start + LIMIT_OFFSETS)
        flags = bytearray(b"\1") * (end - start)
        for offset in self._in_flight:
            if offset >= end:
                break
            flags[offset - start] = 0
        return bytes(flags) + self._earlier[end - self._earlier_offset :]

    def _was_settled(self, offset: int) -> bool:
        index = offset - self._earlier_offset
        if index >= len(self._earlier):
            self._earlier = b""  # the log has passed it
            return False
        return self._earlier[index] == 1
