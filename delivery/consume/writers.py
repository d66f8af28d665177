"""How records come to be settled, as the group's member needs it."""

from dataclasses import dataclass

from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.queue import Receipts


@dataclass(frozen=True, slots=True)
class Writers:
    """Each owns what waits for it."""

    delivered: DeliveredWriter
    receipts: Receipts
    dead_letters: DeadLetters
