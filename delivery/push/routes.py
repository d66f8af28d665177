"""Routes each connection to its target: this instance's own sockets, or a peer link."""

from collections.abc import Callable, Iterable
from typing import Protocol

from delivery.core.decision_types import Event, Fault

_SEPARATOR = "/"

AckWrapper = Callable[[Event, Callable[[], None]], Callable[[], None]]


class Target(Protocol):
    """Sends to the sockets of one session.

    A session is either this instance's own sockets, or one peer link.
    """

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event, and call `acked` once the socket has acknowledged all of it.

        The ack may be late. Notifications that are on their way to the socket already are sent
        again only with `again`.
        """

    def disconnect(self, socket: str, fault: Fault) -> None:
        """End the socket because of this fault of its client."""

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, given as JSON, to the user's sockets in the session."""


def connection_of(session: str, socket: str) -> str:
    """Return the connection that stands for the socket at the owner."""
    return f"{session}{_SEPARATOR}{socket}"


class Routes:
    """Owns the open sessions, and the target of each."""

    def __init__(self, wrap_ack: AckWrapper | None = None) -> None:
        """Wrap every ack callback with `wrap_ack`, which is given only while tracing is on."""
        self._targets: dict[str, Target] = {}
        self._edges: dict[str, str] = {}
        self._wrap_ack = wrap_ack

    def open(self, session: str, target: Target, edge: str = "") -> None:
        """Send to the session through this target from now on.

        `edge` is the address of the instance that has the sockets; "" for this instance.
        """
        self._targets[session] = target
        self._edges[session] = edge

    def close(self, session: str) -> None:
        """End the session. Later pushes to it are dropped, and never acknowledged."""
        self._targets.pop(session, None)
        self._edges.pop(session, None)

    def edge_of(self, connection: str) -> str | None:
        """Return the address of the instance that has the socket; "" for this instance.

        Returns None if the session has ended.
        """
        return self._edges.get(connection.rpartition(_SEPARATOR)[0])

    def push(
        self, connection: str, event: Event, acked: Callable[[], None], *, again: bool
    ) -> None:
        """Push the event to the connection."""
        session, _, socket = connection.rpartition(_SEPARATOR)
        if self._wrap_ack is not None:
            acked = self._wrap_ack(event, acked)
        target = self._targets.get(session)
        if target is not None:
            target.push(socket, event, acked, again=again)

    def disconnect(self, connection: str, fault: Fault) -> None:
        """End the connection because of this fault of its client."""
        session, socket = _parts(connection)
        if target := self._targets.get(session):
            target.disconnect(socket, fault)

    def emit_inbox(self, connections: Iterable[str], user: str, payload: bytes) -> None:
        """Emit an `inbox` event to the user, once in each session of these connections."""
        for session in {_parts(connection)[0] for connection in connections}:
            if target := self._targets.get(session):
                target.emit_inbox(user, payload)


def _parts(connection: str) -> tuple[str, str]:
    session, _, socket = connection.rpartition(_SEPARATOR)
    return session, socket
