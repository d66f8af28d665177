"""The owners' pushes to this instance's sockets, and the acks that return to the owners."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from delivery.core.decision_types import Event
from delivery.core.socket import Socket
from delivery.sockets.outgoing import Outgoing


@dataclass(slots=True, eq=False)
class _OpenSocket:
    core: Socket = field(default_factory=Socket)
    acks: dict[int, Callable[[], None]] = field(default_factory=dict)
    when_quiet: Callable[[], None] | None = None
    """Set once the socket is leaving; called when it has acknowledged every push."""


class EdgePushes:
    """Owns the pushes that the sockets of this instance have not acknowledged yet.

    The owner that pushes may be this instance or a peer.
    """

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._sockets: dict[str, _OpenSocket] = {}
        self._numbers = itertools.count()

    def open(self, socket: str) -> None:
        """Accept pushes for the socket."""
        self._sockets[socket] = _OpenSocket()

    def close(self, socket: str) -> list[str]:
        """Drop the socket, and return the ids of the notifications it acknowledged recently."""
        open_socket = self._sockets.pop(socket, None)
        return open_socket.core.acked if open_socket is not None else []

    def acked_by(self, socket: str) -> list[str]:
        """Return the ids of the notifications that the socket acknowledged recently."""
        open_socket = self._sockets.get(socket)
        return open_socket.core.acked if open_socket is not None else []

    def leave(self, socket: str, then: Callable[[], None]) -> None:
        """Push nothing new to the socket; call `then` when it has acknowledged every push.

        `then` is called at once if nothing is outstanding, and may be called more than once.
        """
        open_socket = self._sockets.get(socket)
        if open_socket is not None:
            open_socket.when_quiet = then
            if open_socket.core.is_quiet:
                then()

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event; call `acked` when the client has acknowledged all of it.

        Unless `again` is set, leaves out notifications that are on their way to the client already,
        whichever owner pushed them. The ack that is outstanding for them counts for this push, too.
        """
        open_socket = self._sockets.get(socket)
        if open_socket is None:
            return  # The socket is closed. The end of its subscription is on its way to the owner.
        if open_socket.when_quiet is not None and not open_socket.core.has_all(event.ids):
            return  # The socket is leaving. The client gets this event from its next instance.
        number = next(self._numbers)
        socket_push = open_socket.core.push(number, event.ids, again=again)
        if socket_push.acked:
            # Do not call `acked` now: the owner is still carrying out the decisions that led to
            # this push, and an ack during that call would change the user's state.
            asyncio.get_running_loop().call_soon(acked)
            return
        open_socket.acks[number] = acked
        if len(socket_push.send) == len(event.items):
            self._outgoing.push(socket, event, partial(self._acked, socket, socket_push.send))
        elif socket_push.send:
            new_ids = set(socket_push.send)
            rest = Event(event.number, [item for item in event.items if item.id in new_ids])
            self._outgoing.push(socket, rest, partial(self._acked, socket, socket_push.send))

    def disconnect(self, socket: str) -> None:
        """End the socket."""
        self._outgoing.disconnect(socket)

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, given as JSON, to the user's sockets here."""
        self._outgoing.emit_inbox(user, payload)

    async def until_few_waiting(self) -> None:
        """Wait until the queue of events is short, because nothing limits calls of `emit_inbox`."""
        await self._outgoing.until_few_waiting()

    def _acked(self, socket: str, ids: Sequence[str]) -> None:
        # An ack may arrive after its socket was closed. Drop it: the subscription has ended, and
        # the owner pushes unacknowledged notifications to the user's next socket.
        open_socket = self._sockets.get(socket)
        if open_socket is None:
            return
        acked_numbers = open_socket.core.ack(ids)
        # Do not iterate over `acks`: a callback may push again, which adds to `acks`.
        for number in acked_numbers:
            open_socket.acks.pop(number)()
        # For the owner, an ack covers all earlier pushes. Drop their callbacks, which nobody needs.
        last = acked_numbers[-1] if acked_numbers else -1
        for number in [number for number in open_socket.acks if number < last]:
            del open_socket.acks[number]
        if open_socket.when_quiet is not None and open_socket.core.is_quiet:
            open_socket.when_quiet()
