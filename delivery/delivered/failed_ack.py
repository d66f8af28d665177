"""An ack whose write has failed."""

import time
from collections.abc import Callable

from delivery.receipts.owed_note import OwedNote
from delivery.receipts.owed_receipts import Delivered


class FailedAck:
    """Owns the notes which say that the ack's receipts are owed. Each attempted write adds one.

    A note that has become old looks as if its instance had left it behind. So each try stores a new
    note, which the ack may share with other acks. The earlier notes are then no longer needed.
    """

    __slots__ = ("_notes", "acked_at", "delivered", "moment", "since", "then")

    def __init__(
        self,
        moment: int,
        acked_at: float,
        delivered: Delivered,
        then: Callable[[], None],
        notes: list[OwedNote],
    ) -> None:
        self.moment = moment
        """The time of the ack, in Unix milliseconds."""
        self.acked_at = acked_at
        """The time of the ack, in seconds of the monotonic clock."""
        self.delivered = delivered
        self.then = then
        """What to call when `delivered_at` is written."""
        self.since = time.monotonic()
        """When its first write failed. The wall clock may be set meanwhile."""
        self._notes = [*notes]

    def add(self, note: OwedNote) -> None:
        """Add a note that is about to be stored."""
        self._notes.append(note)

    def keep_last_note(self) -> None:
        """Release all notes except the last one, which is stored."""
        *earlier, last = self._notes
        for note in earlier:
            note.release(1)
        self._notes = [last]

    def release_notes(self) -> None:
        """Release all notes, because Kafka has the receipts."""
        for note in self._notes:
            note.release(1)
