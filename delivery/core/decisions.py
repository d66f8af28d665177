"""What a core decides, and its driver carries out."""

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
    """Held until the inbox said that it owes it no more: delivered before, erased, superseded."""
    ERASED = "erased"
    """It was on its way when its user was erased: nobody is owed it any more."""
    SUPERSEDED = "superseded"
    """Held until the record of a newer one of its collapse key said so."""
    DEAD_LETTERED = "dead_lettered"
    IGNORED = "ignored"
    """A state change, or an erasure that has been carried out: no notification itself."""


class Fault(StrEnum):
    """Why a connection is ended."""

    SILENT = "silent"
    """It acknowledged nothing in time, time and again."""
    BEHIND = "behind"
    """It lags further behind the user's other connections, or what has expired, was erased or
    superseded, than we buffer."""


@dataclass(slots=True, eq=False)
class Event:
    """One `notifications` event of one user, the same for all connections."""

    number: int
    """Its place among the user's; what is left of it without items that need not come again has
    the same."""
    items: Sequence[Pushable]
    """None where nothing is left of it, and only its ack is awaited."""
    acked: bool = False
    attempts: int = 0
    """How often it was pushed: to all, and again to those who were silent."""
    since: float = 0.0
    """When it was first pushed, by the steady clock in seconds."""

    @property
    def ids(self) -> list[str]:
        """Of the notifications in it, in their order."""
        return [item.id for item in self.items]


@dataclass(frozen=True, slots=True)
class Push:
    """Send the event to these connections, and ask whether it is overdue in due time."""

    event: Event
    connections: tuple[str, ...]
    again: bool = False
    """They have been sent it before, and were silent."""


@dataclass(frozen=True, slots=True)
class WriteDelivered:
    """Write `delivered_at` for the event; then tell the user that it is written."""

    event: Event


@dataclass(frozen=True, slots=True)
class Settle:
    """Settle these records in their trackers."""

    records: Sequence[Record]
    outcome: SettleOutcome


@dataclass(frozen=True, slots=True)
class ReportParked:
    """Nobody is there for these notifications, or all stayed silent: their receipts say parked."""

    ids: Sequence[str]
    attempts: int = 0
    """How often they were pushed in vain."""


@dataclass(frozen=True, slots=True)
class QueryInbox:
    """Ask the inbox for the oldest it owes the user; then tell the user the answer."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End a connection, which the user has forgotten already."""

    connection: str
    fault: Fault


Decision = Push | WriteDelivered | Settle | ReportParked | QueryInbox | Disconnect
