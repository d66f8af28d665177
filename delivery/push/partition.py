"""A partition that this instance owns, and the users of it who have to be remembered."""

from dataclasses import dataclass, field

from delivery.core.tracker import Tracker
from delivery.core.user import User


@dataclass(slots=True, eq=False)
class Partition:
    """An owned partition: its tracker, and the users who have to be remembered."""

    number: int
    tracker: Tracker
    recipients: dict[str, "Recipient"] = field(default_factory=dict)
    is_suspended: bool = False
    """While the group changes hands: nothing is taken in, and nothing is pushed."""
    disturbed: set["Recipient"] = field(default_factory=set)
    """Who was not pushed to, since it was suspended."""


@dataclass(slots=True, eq=False)
class Recipient:
    """A user of an owned partition, and whether a deadline is queued for them."""

    name: str
    partition: Partition
    user: User
    watched: bool = False
