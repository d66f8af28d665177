"""Which offset of one partition may be committed, while its records are settled in any order."""

_UNKNOWN, _IN_FLIGHT, _SETTLED = 0, 1, 2
_IN_FLIGHT_BYTE, _SETTLED_BYTE = bytes((_IN_FLIGHT,)), bytes((_SETTLED,))
_TO_FLAGS = bytes(int(state == _SETTLED) for state in range(256))
_TRIM_OFFSETS = 4096


class Tracker:
    """Owns the state of every record of one partition under one assignment, its `epoch`.

    One byte an offset, from the committed prefix to the last offset received. A gap (compaction,
    transactions) stays unknown and holds nothing back. Invariants: nothing below `next_to_commit`
    is in flight; the record at it is in flight, or it equals `next_to_receive`. What bears another
    epoch is ignored: it belongs to an assignment that is over.
    """

    __slots__ = ("_base", "_head", "_received", "_states", "epoch", "in_flight", "in_flight_bytes")

    def __init__(self, next_offset: int, epoch: int, settled_beyond: bytes = b"") -> None:
        """Start at the group's committed offset, with the flags of its `settled_map`."""
        self.epoch = epoch
        self.in_flight = 0
        self.in_flight_bytes = 0
        self._base = next_offset  # the offset of the first of _states
        self._head = 0  # the index of next_to_commit
        self._received = 0  # the index of next_to_receive
        self._states = bytearray(settled_beyond.replace(b"\1", _SETTLED_BYTE))

    @property
    def next_to_commit(self) -> int:
        """The end of the contiguous prefix of settled records: the offset to commit."""
        return self._base + self._head

    @property
    def next_to_receive(self) -> int:
        """The offset after the last one received: where a fetch must go on."""
        return self._base + self._received

    def receive(self, offset: int, size: int) -> bool:
        """Take in a record of `size` bytes; whether it is new, and so has to be settled.

        False for a repeat, and for what an earlier assignment's map says is settled.
        """
        index = offset - self._base
        if index < self._received:
            return False
        if not self.in_flight:
            self._rebase(index)
            index = 0
        self._received = index + 1
        missing = self._received - len(self._states)
        if missing > 0:
            self._states += bytes(missing)
        elif self._states[index] == _SETTLED:
            self._advance()
            return False
        self._states[index] = _IN_FLIGHT
        self.in_flight += 1
        self.in_flight_bytes += size
        return True

    def settle(self, offset: int, size: int, epoch: int) -> bool:
        """Settle a record; whether that changed anything: repeats and other epochs do not."""
        index = offset - self._base
        if epoch != self.epoch or not self._head <= index < self._received:
            return False
        if self._states[index] != _IN_FLIGHT:
            return False
        self._states[index] = _SETTLED
        self.in_flight -= 1
        self.in_flight_bytes -= size
        if index == self._head:
            self._advance()
        return True

    def settled_beyond(self) -> bytes:
        """One flag an offset from `next_to_commit` upwards: 1 where settled (for `settled_map`)."""
        return bytes(self._states[self._head :]).translate(_TO_FLAGS)

    def _advance(self) -> None:
        head = self._states.find(_IN_FLIGHT_BYTE, self._head, self._received)
        self._head = self._received if head < 0 else head
        if self._head >= _TRIM_OFFSETS:
            self._rebase(self._head)

    def _rebase(self, index: int) -> None:
        """Forget what lies below: with it a gap of any size costs nothing while all is settled."""
        del self._states[:index]
        self._base += index
        self._head = max(0, self._head - index)
        self._received = max(0, self._received - index)
