"""One user's event that awaits its first ack, and the connections it was pushed to."""

from collections.abc import Callable, Sequence

from delivery.core.audience import Audience
from delivery.core.decision_types import Decision, Disconnect, Event, Fault, Push
from delivery.core.record import Pushable, has_expired
from delivery.core.rules import Rules


class AwaitedEvent:
    """Owns the one event that awaits its first ack, the event numbers, and the connections.

    All times are seconds of the monotonic clock.
    """

    __slots__ = ("_last_number", "_rules", "audience", "event")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._last_number = 0
        self.audience = Audience()
        self.event: Event | None = None

    def push(self, items: Sequence[Pushable], now: float) -> list[Decision]:
        """Make the next event and push it to every connection.

        First ends the connections that lag too far behind. If no connection is left, pushes
        nothing, and the caller must take the user offline.
        """
        number = self._last_number = self._last_number + 1
        event = self.event = Event(number, items, now)
        connections, lagging = self.audience.send_to_all(
            number, now, self._rules.ack_timeout_seconds
        )
        decisions: list[Decision] = []
        if lagging:
            decisions += [Disconnect(connection, Fault.BEHIND) for connection in lagging]
        if connections:
            event.attempts = 1
            decisions.append(Push(event, connections))
        return decisions

    def push_to(self, connection: str, now: float) -> list[Decision]:
        """Push the event, if there is one, to a connection that joined after it was pushed."""
        if self.event is None:
            return []
        self.audience.sent_to(connection, self.event.number, now)
        return [Push(self.event, (connection,))]

    def push_again(self, connections: Sequence[str]) -> list[Decision]:
        """Push the event again to connections that have not acknowledged it."""
        if self.event is None:
            return []
        self.event.attempts += 1
        return [Push(self.event, tuple(connections), again=True)]

    def ack(self, connection: str, event: Event) -> bool:
        """Record an ack, and return whether it is the first one for its event."""
        self.audience.acked(connection, event.number)
        if event.acked_by:
            return False
        event.acked_by = connection
        if self.event is not None and event.number == self.event.number:
            # After `drop`, `self.event` is the rest of `event`. The ack covers both.
            self.event.acked_by = connection
            self.event = None
        return True

    @property
    def deadline(self) -> float | None:
        """The time at which the event's ack is overdue; None if no event awaits one."""
        if self.event is None:
            return None
        return self.audience.first_sent(self.event.number) + self._rules.ack_timeout_seconds

    def overdue(self, now: float) -> tuple[list[str], list[str]]:
        """Return the connections to push the event to again, and those to end as silent."""
        if self.event is None:
            return [], []
        return self.audience.overdue(
            self.event.number, self._rules.ack_timeout_seconds, self._rules.ack_attempts, now
        )

    def drop(self, is_gone: Callable[[Pushable], bool]) -> list[Pushable]:
        """Drop from the event the items that must not be pushed again, and return them.

        The remaining items become an event with the same number and the same attempts. For a
        connection it is the same event: an ack of the original event covers all remaining items.
        If no items remain, no event awaits an ack.
        """
        event = self.event
        if event is None:
            return []
        dropped = [item for item in event.items if is_gone(item)]
        if dropped or not event.items:
            remaining = [item for item in event.items if not is_gone(item)]
            self.event = event.reduced_to(remaining) if remaining else None
        return dropped

    def drop_expired(self, now_unix: float) -> list[Pushable]:
        """Drop the items that have expired by `now_unix`, in seconds of the wall clock."""
        return self.drop(lambda item: has_expired(item, now_unix))
