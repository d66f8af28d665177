"""The user's clients, and what the owner has in flight to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from delivery.core.decision_types import Event
from delivery.core.user_state_machine import User


@dataclass(slots=True, eq=False)
class Recipient:
    """The user at one owner. Answers to an earlier owner may still arrive."""

    user: User
    epoch: int
    awaits_ack: Event | None = None
    in_flight: list[Event] = field(default_factory=list)
    """Events that were pushed, not given up, and not written as delivered yet."""
    erased: set[str] = field(default_factory=set)
    """Ids erased by the erasures that the owner has carried out."""
    dropped: set[tuple[int, str]] = field(default_factory=set)
    """Event numbers and ids of the items that an erasure removed from unacked events in flight."""
    written: set[str] = field(default_factory=set)
    """Ids that the owner knows to be written as delivered. The inbox no longer returns them, even
    if they are in flight again."""
    taken_back: set[str] = field(default_factory=set)
    """Ids that the log has reported as superseded or withdrawn since the owner began to remember
    the user."""

    def note_push(self, event: Event) -> None:
        """Record that the event is in flight. It replaces an earlier one with the same number."""
        self.awaits_ack = event
        self.forget(event)
        self.in_flight.append(event)

    def note_erasure(self, erased: Iterable[str], up_to: str) -> None:
        """Record the erased ids. The owner also treats every id up to `up_to` as erased."""
        self.erased.update(erased)
        self.dropped.update(
            (event.number, item.id)
            for event in self.in_flight
            for item in event.items
            if not event.acked and item.id <= up_to
        )

    def forget(self, event: Event) -> None:
        """Record that the event, or its rest, is no longer in flight."""
        self.in_flight = [other for other in self.in_flight if other.number != event.number]


@dataclass(slots=True, eq=False)
class Sent:
    """An event that is in flight to a client, or that the client has not acked."""

    recipient: Recipient
    event: Event
    at: list[float]
    """The times of all sends, including those of the whole event if `event` is the rest of it."""

    def is_of(self, recipient: Recipient, event: Event) -> bool:
        """Return whether this is a send of that event, or of the same event with more items."""
        return self.recipient is recipient and self.event.number == event.number


@dataclass(slots=True, eq=False)
class Client:
    """A connection as the client sees it."""

    name: str
    unacked: list[Sent] = field(default_factory=list)
    acked: list[Sent] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    ended: bool = False
    """Whether the owner has ended the connection. Acks sent before that still arrive."""

    def outstanding(self, recipient: Recipient) -> list[Sent]:
        """Return the last send of each event that no ack covers, oldest first.

        The ack of an event also covers the earlier ones.
        """
        last = max(
            (sent.event.number for sent in self.acked if sent.recipient is recipient), default=0
        )
        of_number = {
            sent.event.number: sent
            for sent in self.unacked
            if sent.recipient is recipient and sent.event.number > last
        }
        return [of_number[number] for number in sorted(of_number)]
