"""The writers with which the group member records what became of notifications."""

from dataclasses import dataclass

from delivery.consume.stopped_notes import StoppedNotes
from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.queue import Receipts


@dataclass(frozen=True, slots=True)
class Writers:
    """The writers for intake, hand-overs and commits. Each writer owns what it has yet to write."""

    delivered: DeliveredWriter
    receipts: Receipts
    dead_letters: DeadLetters
    stopped: StoppedNotes
