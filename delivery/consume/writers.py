"""The writers that record what became of notifications, as the group member uses them."""

from dataclasses import dataclass

from delivery.consume.stopped_notes import StoppedNotes
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.queue import Receipts


@dataclass(frozen=True, slots=True)
class Writers:
    """The writers that intake, a hand-over and a commit use. Each owns what it has yet to write."""

    delivered: DeliveredWriter
    receipts: Receipts
    dead_letters: DeadLetters
    stopped: StoppedNotes
