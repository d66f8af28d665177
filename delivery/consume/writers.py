"""What writes down how records were settled, as the group member needs it."""

from dataclasses import dataclass

from delivery.dead_letters.sender import DeadLetters
from delivery.delivered.writer import DeliveredWriter
from delivery.receipts.queue import Receipts


@dataclass(frozen=True, slots=True)
class Writers:
    """The writers that a hand-over and a commit wait for. Each owns what waits in it."""

    delivered: DeliveredWriter
    receipts: Receipts
    dead_letters: DeadLetters
