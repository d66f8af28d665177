"""From a connection's name to who sends to it: our own sockets, or a peer's link."""

from collections.abc import Callable
from typing import Protocol

from delivery.core.decisions import Event

_SEPARATOR = "/"

AckWrapper = Callable[[Event, Callable[[], None]], Callable[[], None]]


class Target(Protocol):
    """Sends to the sockets of one session."""

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event; `acked` is called when the socket has all of it, in time or late.

        Unless `again`, what the socket was sent already is not sent a second time.
        """

    def disconnect(self, socket: str) -> None:
        """End the socket."""

    def tell(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, ready as JSON, to the user's sockets of the session."""


def connection_of(session: str, socket: str) -> str:
    """The name under which the owner knows a socket."""
    return f"{session}{_SEPARATOR}{socket}"


class Routes:
    """Owns the sessions that are open, and who sends for each."""

    def __init__(self, around: AckWrapper | None = None) -> None:
        """`around` gives another ack in place of each, while traces are on."""
        self._targets: dict[str, Target] = {}
        self._around = around

    def open(self, session: str, target: Target) -> None:
        """From now on, this one sends for the session."""
        self._targets[session] = target

    def close(self, session: str) -> None:
        """The session is over: what is still sent to it goes nowhere, and nobody acknowledges."""
        self._targets.pop(session, None)

    def push(
        self, connection: str, event: Event, acked: Callable[[], None], *, again: bool
    ) -> None:
        """Push the event to the connection."""
        session, socket = _parts(connection)
        if self._around is not None:
            acked = self._around(event, acked)
        if target := self._targets.get(session):
            target.push(socket, event, acked, again=again)

    def disconnect(self, connection: str) -> None:
        """End the connection."""
        session, socket = _parts(connection)
        if target := self._targets.get(session):
            target.disconnect(socket)

    def tell(self, connections: set[str], user: str, payload: bytes) -> None:
        """Emit an `inbox` event to the user, once for each session of these connections."""
        for session in {_parts(connection)[0] for connection in connections}:
            if target := self._targets.get(session):
                target.tell(user, payload)


def _parts(connection: str) -> tuple[str, str]:
    session, _, socket = connection.rpartition(_SEPARATOR)
    return session, socket
