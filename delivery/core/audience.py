"""Who is to be sent a user's events, and who has not acknowledged what."""

from dataclasses import dataclass

#: Events a connection may have unacknowledged: the one it is working on, and one beyond it.
_OUTSTANDING_EVENTS = 2


@dataclass(slots=True)
class _Sent:
    at: float
    attempts: int


class Audience:
    """Owns the connections of one user at the owner, and the events outstanding on each.

    All times are of the steady clock, in seconds.
    """

    __slots__ = ("_outstanding",)

    def __init__(self) -> None:
        self._outstanding: dict[str, dict[int, _Sent]] = {}

    def __bool__(self) -> bool:
        return bool(self._outstanding)

    def join(self, connection: str) -> None:
        """A connection that has been sent nothing yet."""
        self._outstanding.setdefault(connection, {})

    def leave(self, connection: str) -> None:
        """Forget it, if it is there."""
        self._outstanding.pop(connection, None)

    @property
    def has_room(self) -> bool:
        """Whether there is a connection that can be sent another event."""
        return any(len(events) < _OUTSTANDING_EVENTS for events in self._outstanding.values())

    def drop_those_behind(self) -> list[str]:
        """Forget and return the connections that cannot be sent another event."""
        full = [
            connection
            for connection, events in self._outstanding.items()
            if len(events) >= _OUTSTANDING_EVENTS
        ]
        for connection in full:
            del self._outstanding[connection]
        return full

    def sent_to_all(self, event: int, now: float) -> tuple[str, ...]:
        """Note that a new event goes to every connection; returns them."""
        for events in self._outstanding.values():
            events[event] = _Sent(now, 1)
        return tuple(self._outstanding)

    def sent_to(self, connection: str, event: int, now: float) -> None:
        """Note that the event goes to a connection that came later."""
        self._outstanding[connection][event] = _Sent(now, 1)

    def acked(self, connection: str, event: int) -> None:
        """The connection has the event, and so what went before on it."""
        events = self._outstanding.get(connection)
        if events:
            for number in [number for number in events if number <= event]:
                del events[number]

    def first_sent(self, event: int) -> float:
        """When the event went to the connection that has it longest without an answer."""
        return min(events[event].at for events in self._outstanding.values() if event in events)

    def overdue(
        self, event: int, timeout: float, attempts: int, now: float
    ) -> tuple[list[str], list[str]]:
        """Of the connections that stayed silent about the event for that long: those to send it
        to again (noted as sent), and those silent in every attempt (forgotten).
        """
        again, silent = [], []
        for connection, events in list(self._outstanding.items()):
            sent = events.get(event)
            if sent is None or sent.at + timeout > now:
                continue
            if sent.attempts >= attempts:
                del self._outstanding[connection]
                silent.append(connection)
            else:
                events[event] = _Sent(now, sent.attempts + 1)
                again.append(connection)
        return again, silent
