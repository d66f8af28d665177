"""The connections of one user, and the events that each has not acknowledged yet."""

#: How many unacknowledged events a connection may always have: the one it is working on, and the
#: next.
_OUTSTANDING_EVENTS = 2
#: How many unacknowledged events a connection may have for a while, because its page is busy. The
#: limit in `Client` is higher. Memory stays bounded: connections share the events, and `Wire`
#: limits the bytes that a connection has not read.
_MOST_OUTSTANDING_EVENTS = 400

#: An event sent to a connection: the event's number, when it was last sent, and how often. This is
#: a plain tuple, because one is made for every push.
_Sent = tuple[int, float, int]


class Audience:
    """Owns one user's connections at the owner, and the events outstanding on each.

    All times are seconds of the monotonic clock. Events are identified by their numbers.
    """

    __slots__ = ("connections",)

    def __init__(self) -> None:
        self.connections: dict[str, tuple[_Sent, ...]] = {}
        """What each connection has not acknowledged, in the order of the events' numbers. Change it
        only through the methods."""

    def __bool__(self) -> bool:
        return bool(self.connections)

    def join(self, connection: str) -> None:
        """Add a connection, to which nothing has been sent yet."""
        self.connections.setdefault(connection, ())

    def leave(self, connection: str) -> None:
        """Remove the connection, if it is there."""
        self.connections.pop(connection, None)

    def leave_oldest(self, most: int) -> list[str]:
        """Remove the oldest connections until `most` are left, and return them."""
        oldest = list(self.connections)[:-most] if len(self.connections) > most else []
        for connection in oldest:
            del self.connections[connection]
        return oldest

    @property
    def has_room(self) -> bool:
        """Whether any connection can be sent another event, however long it stays silent."""
        return any(len(events) < _OUTSTANDING_EVENTS for events in self.connections.values())

    def connections_with(self, event: int) -> tuple[str, ...]:
        """Return the connections that were sent the event, and have not acknowledged it."""
        return tuple(
            connection
            for connection, events in self.connections.items()
            if any(number == event for number, _, _ in events)
        )

    def send_to_all(
        self, event: int, now: float, patience: float
    ) -> tuple[tuple[str, ...], list[str]]:
        """Record that a new event is sent to every connection that can take it.

        A connection with two or more events outstanding can take another one only if the oldest of
        these was sent less than `patience` seconds ago, and if it has fewer than
        `_MOST_OUTSTANDING_EVENTS`. Returns the connections that take the event, and those that
        cannot. The latter are removed.
        """
        connections, sent = self.connections, (event, now, 1)
        lagging = []
        for connection, outstanding in connections.items():
            if not outstanding:
                connections[connection] = (sent,)
            elif len(outstanding) < _OUTSTANDING_EVENTS or (
                outstanding[0][1] + patience > now and len(outstanding) < _MOST_OUTSTANDING_EVENTS
            ):
                connections[connection] = (*outstanding, sent)
            else:
                lagging.append(connection)
        for connection in lagging:
            del connections[connection]
        return tuple(connections), lagging

    def sent_to(self, connection: str, event: int, now: float) -> None:
        """Record that the event is sent to a connection that joined after the first push."""
        earlier = [sent for sent in self.connections[connection] if sent[0] != event]
        self.connections[connection] = (*earlier, (event, now, 1))

    def acked(self, connection: str, event: int) -> None:
        """Record that the connection has the event, and everything that was sent before it."""
        events = self.connections.get(connection)
        if not events:
            return
        is_last = events[-1][0] <= event
        self.connections[connection] = (
            () if is_last else tuple(sent for sent in events if sent[0] > event)
        )

    def first_sent(self, event: int) -> float:
        """Return when the event was last sent to the connection that has been silent longest."""
        return min(
            at
            for events in self.connections.values()
            for number, at, _ in events
            if number == event
        )

    def overdue(
        self, event: int, timeout: float, attempts: int, now: float
    ) -> tuple[list[str], list[str]]:
        """Return the connections to send the event to again, and those to end as silent.

        No connection in either list acknowledged the event within `timeout` seconds of its last
        attempt. Records another attempt at `now` for the first list. Removes the connections of
        the second list, which have had all `attempts`.
        """
        to_retry, silent = [], []
        for connection, events in list(self.connections.items()):
            for place, (number, at, attempt) in enumerate(events):
                if number != event or at + timeout > now:
                    continue
                if attempt >= attempts:
                    del self.connections[connection]
                    silent.append(connection)
                else:
                    sent_again = (event, now, attempt + 1)
                    self.connections[connection] = (
                        *events[:place],
                        sent_again,
                        *events[place + 1 :],
                    )
                    to_retry.append(connection)
        return to_retry, silent
