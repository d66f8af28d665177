"""The connections of one user, and the events that each has not acknowledged yet."""

from dataclasses import dataclass

#: How many unacknowledged events a connection may have: the one it is working on, and the next.
_OUTSTANDING_EVENTS = 2


@dataclass(slots=True)
class _Sent:
    at: float
    attempts: int


class Audience:
    """Owns one user's connections at the owner, and the events outstanding on each.

    All times are seconds of the monotonic clock. Events are identified by their numbers.
    """

    __slots__ = ("_outstanding",)

    def __init__(self) -> None:
        self._outstanding: dict[str, dict[int, _Sent]] = {}

    def __bool__(self) -> bool:
        return bool(self._outstanding)

    def join(self, connection: str) -> None:
        """Add a connection, to which nothing has been sent yet."""
        self._outstanding.setdefault(connection, {})

    def leave(self, connection: str) -> None:
        """Remove the connection, if it is there."""
        self._outstanding.pop(connection, None)

    @property
    def has_room(self) -> bool:
        """Whether any connection can be sent another event."""
        return any(len(events) < _OUTSTANDING_EVENTS for events in self._outstanding.values())

    def drop_lagging(self) -> list[str]:
        """Remove and return the connections that cannot be sent another event."""
        full = [
            connection
            for connection, events in self._outstanding.items()
            if len(events) >= _OUTSTANDING_EVENTS
        ]
        for connection in full:
            del self._outstanding[connection]
        return full

    def sent_to_all(self, event: int, now: float) -> tuple[str, ...]:
        """Record that a new event is sent to every connection, and return the connections."""
        for events in self._outstanding.values():
            events[event] = _Sent(now, 1)
        return tuple(self._outstanding)

    def sent_to(self, connection: str, event: int, now: float) -> None:
        """Record that the event is sent to a connection that joined later."""
        self._outstanding[connection][event] = _Sent(now, 1)

    def acked(self, connection: str, event: int) -> None:
        """Record that the connection has the event, and everything that was sent before it."""
        events = self._outstanding.get(connection)
        if events:
            for number in [number for number in events if number <= event]:
                del events[number]

    def first_sent(self, event: int) -> float:
        """Return when the event was last sent to the connection that has been silent longest."""
        return min(events[event].at for events in self._outstanding.values() if event in events)

    def overdue(
        self, event: int, timeout: float, attempts: int, now: float
    ) -> tuple[list[str], list[str]]:
        """Return the connections to send the event to again, and those to end as silent.

        No connection in either list has acknowledged the event for `timeout` seconds. Records
        another attempt at `now` for the first list. Removes the connections of the second list,
        which have had all `attempts`.
        """
        to_retry, silent = [], []
        for connection, events in list(self._outstanding.items()):
            sent = events.get(event)
            if sent is None or sent.at + timeout > now:
                continue
            if sent.attempts >= attempts:
                del self._outstanding[connection]
                silent.append(connection)
            else:
                events[event] = _Sent(now, sent.attempts + 1)
                to_retry.append(connection)
        return to_retry, silent
