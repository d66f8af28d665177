"""The user's clients, and what the owner has on its way to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from delivery.core.decisions import Event
from delivery.core.user import User


@dataclass(slots=True, eq=False)
class Recipient:
    """The user at one owner; an earlier one's answers may still be under way."""

    user: User
    epoch: int
    awaits_ack: Event | None = None
    in_flight: list[Event] = field(default_factory=list)
    """Pushed, and not abandoned before their ack, and not written yet."""
    erased: set[str] = field(default_factory=set)
    """By the erasures that the owner has carried out."""
    withdrawn: set[tuple[int, str]] = field(default_factory=set)
    """By event, what was not acknowledged when it was erased."""
    written: set[str] = field(default_factory=set)
    """What the owner was told is written as delivered: the inbox does not give it any more, be it
    in flight once more."""
    superseded: set[str] = field(default_factory=set)
    """What the log has said of that since the user is remembered."""

    def note_push(self, event: Event) -> None:
        """It is in flight now, maybe as what is left of the one with its number."""
        self.awaits_ack = event
        self.forget(event)
        self.in_flight.append(event)

    def note_erasure(self, erased: Iterable[str], up_to: str) -> None:
        """These are gone, and the owner takes what has an id up to that one for gone."""
        self.erased.update(erased)
        self.withdrawn.update(
            (event.number, item.id)
            for event in self.in_flight
            for item in event.items
            if not event.acked and item.id <= up_to
        )

    def forget(self, event: Event) -> None:
        """The event, or what was left of it, is in flight no more."""
        self.in_flight = [each for each in self.in_flight if each.number != event.number]


@dataclass(slots=True, eq=False)
class Sent:
    """An event on its way to a client, or there and not acknowledged."""

    recipient: Recipient
    event: Event
    at: list[float]
    """When, each time; of what is left of an event, also when it was sent whole."""

    def is_of(self, recipient: Recipient, event: Event) -> bool:
        """Whether it is that event, or what it was before some of it was gone."""
        return self.recipient is recipient and self.event.number == event.number


@dataclass(slots=True, eq=False)
class Client:
    """A connection as the client sees it."""

    name: str
    unacked: list[Sent] = field(default_factory=list)
    acked: list[Sent] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    ended: bool = False
    """We have ended it; what it had sent by then still arrives."""

    def outstanding(self, recipient: Recipient) -> list[Sent]:
        """Of each event the last, oldest first; an ack covers what went before it."""
        last = max(
            (sent.event.number for sent in self.acked if sent.recipient is recipient), default=0
        )
        of_number = {
            sent.event.number: sent
            for sent in self.unacked
            if sent.recipient is recipient and sent.event.number > last
        }
        return [of_number[number] for number in sorted(of_number)]
