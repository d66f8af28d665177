"""What the away program keeps of a notification for each way, until it is told or dropped."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Way(StrEnum):
    """How a notification is told to a user who did not get it."""

    WEBHOOK = "webhook"
    PUSH = "push"


class Until(StrEnum):
    """What must have happened to a notification in time, so that it is not told."""

    DELIVERED = "delivered"
    SEEN = "seen"


class Entry(NamedTuple):
    """One notification that is to be told in one way."""

    way: Way
    notification: str
    """The notification's id."""
    user: str
    category: str
    due_at: datetime
    """Not told before this time."""
    failures: int = 0
    """How many attempts have failed."""
    told: frozenset[str] = frozenset()
    """PUSH: the ids of the subscriptions to which it was sent already."""

    @property
    def id(self) -> str:
        """The id, the same each time the notification's record is read."""
        return f"{self.notification}:{self.way}"
