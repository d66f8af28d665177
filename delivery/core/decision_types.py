"""The decisions of a user's core, which the driver carries out.

The decisions that every notification needs are not frozen, because creating a frozen dataclass
takes three times as long. Treat them as immutable, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from delivery.core.record import Pushable, Record


class SettleOutcome(StrEnum):
    """How a record was settled."""

    ACKED = "acked"
    PARKED = "parked"
    EXPIRED = "expired"
    NOT_OWED = "not_owed"
    """It was held until the inbox no longer owed it, because it was delivered elsewhere, erased,
    superseded or withdrawn."""
    ERASED = "erased"
    """In flight or queued when its user was erased, so it is no longer owed."""
    SUPERSEDED = "superseded"
    """In flight or held when the record of a newer notification with the same key arrived."""
    MUTED = "muted"
    """Its user had muted its category when it was created, so it was never owed."""
    WITHDRAWN = "withdrawn"
    """In flight, queued or held when the record of its withdrawal arrived."""
    DEAD_LETTERED = "dead_lettered"
    IGNORED = "ignored"
    """Not a notification: an inbox change, or an erasure or withdrawal that was carried out."""


class Fault(StrEnum):
    """The reason for ending a connection."""

    SILENT = "silent"
    """It did not acknowledge an event in any of the attempts."""
    BEHIND = "behind"
    """It is too far behind when the user's next event is due. It has at least two unacknowledged
    events, and the ack of the oldest is overdue; or it has as many events as `Audience` allows. The
    user's next event does not wait for this connection: another connection acknowledged the last
    event, or nothing in that event is owed any more (expired, erased, superseded or withdrawn)."""
    CROWDED = "too_many_connections"
    """It is the oldest of a user who has more connections than the rules allow."""


class Event:
    """One `notifications` event of one user, the same for all connections."""

    __slots__ = ("acked_by", "attempts", "ids", "items", "number", "since")

    def __init__(self, number: int, items: Sequence[Pushable], since: float = 0.0) -> None:
        self.number = number
        """The event's number in the user's sequence. It stays the same if items are dropped."""
        self.items = items
        """Empty if all items were dropped, but the ack is still awaited."""
        self.ids = [item.id for item in items]
        """The ids of its notifications, in order."""
        self.since = since
        """When the event was first pushed, in seconds of the monotonic clock."""
        self.attempts = 0
        """How often the event was pushed: first to all connections, then to the silent ones."""
        self.acked_by = ""
        """The connection whose ack was the first; "" before that."""

    @property
    def acked(self) -> bool:
        """Whether a connection has acknowledged the event."""
        return bool(self.acked_by)

    def reduced_to(self, items: Sequence[Pushable]) -> "Event":
        """Return the same event with only these of its items."""
        reduced = Event(self.number, items, self.since)
        reduced.attempts, reduced.acked_by = self.attempts, self.acked_by
        return reduced


@dataclass(slots=True)
class Push:
    """Send the event to these connections, and check at the deadline whether an ack is overdue."""

    event: Event
    connections: tuple[str, ...]
    again: bool = False
    """Whether the event was sent to these connections before, and they stayed silent."""


@dataclass(slots=True)
class WriteDelivered:
    """Write `delivered_at` for the event, then call `User.written`."""

    event: Event


@dataclass(slots=True)
class Settle:
    """Settle these records in their trackers."""

    records: Sequence[Record]
    outcome: SettleOutcome


@dataclass(frozen=True, slots=True)
class ReportParked:
    """Write receipts which say that these notifications are parked.

    The user has no connection, or every connection stayed silent.
    """

    ids: Sequence[str]
    attempts: int = 0
    """How often the notifications were pushed without an ack."""


@dataclass(frozen=True, slots=True)
class QueryInbox:
    """Ask the inbox for the oldest notifications it owes the user, then call `User.answer`."""

    after: str = ""
    """Ask only for notifications with ids above this one."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End a connection. The user's core has already removed it."""

    connection: str
    fault: Fault


Decision = Push | WriteDelivered | Settle | ReportParked | QueryInbox | Disconnect
