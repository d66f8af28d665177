"""What the owners push to this instance's sockets, and the acknowledgements they get back."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from delivery.core.decision_types import Event
from delivery.core.socket import Socket
from delivery.sockets.outgoing import Outgoing


@dataclass(slots=True, eq=False)
class _Open:
    core: Socket = field(default_factory=Socket)
    acks: dict[int, Callable[[], None]] = field(default_factory=dict)
    when_quiet: Callable[[], None] | None = None
    """Set once the socket is leaving; called when it has acknowledged all it was sent."""


class EdgePushes:
    """Owns what each socket of this instance was sent and has yet to acknowledge.

    It makes no difference here whether the owner that pushes is this instance or a peer.
    """

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._sockets: dict[str, _Open] = {}
        self._numbers = itertools.count()

    def open(self, socket: str) -> None:
        """Accept pushes for the socket."""
        self._sockets[socket] = _Open()

    def close(self, socket: str) -> list[str]:
        """Drop the socket, and return the notifications that it acknowledged lately."""
        found = self._sockets.pop(socket, None)
        return found.core.acked if found is not None else []

    def acked_by(self, socket: str) -> list[str]:
        """Return the notifications that the socket acknowledged lately."""
        found = self._sockets.get(socket)
        return found.core.acked if found is not None else []

    def leave(self, socket: str, then: Callable[[], None]) -> None:
        """Send the socket nothing new; call `then` when it has acknowledged all it was sent.

        `then` is called at once if nothing is outstanding, and may be called more than once.
        """
        found = self._sockets.get(socket)
        if found is not None:
            found.when_quiet = then
            if found.core.is_quiet:
                then()

    def push(self, socket: str, event: Event, acked: Callable[[], None], *, again: bool) -> None:
        """Push the event; call `acked` when the client has acknowledged all of it.

        A notification that is on its way to the client already, by any owner's push, is not sent
        twice unless `again`: the push joins the acknowledgement that is outstanding.
        """
        found = self._sockets.get(socket)
        if found is None:
            return  # The owner will get the end of the subscription.
        if found.when_quiet is not None and not found.core.has_all(event.ids):
            return  # The socket is leaving: its next instance will be pushed this.
        number = next(self._numbers)
        handling = found.core.push(number, event.ids, again=again)
        if handling.acked:
            # Not at once: the owner is still carrying out the decision that made this push, and
            # an ack within it would change the state under its hands.
            asyncio.get_running_loop().call_soon(acked)
            return
        found.acks[number] = acked
        if len(handling.send) == len(event.items):
            self._outgoing.push(socket, event, partial(self._acked, socket, handling.send))
        elif handling.send:
            fresh = set(handling.send)
            rest = Event(event.number, [item for item in event.items if item.id in fresh])
            self._outgoing.push(socket, rest, partial(self._acked, socket, handling.send))

    def disconnect(self, socket: str) -> None:
        """End the socket."""
        self._outgoing.disconnect(socket)

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, ready as JSON, to the user's sockets here."""
        self._outgoing.emit_inbox(user, payload)

    async def until_short(self) -> None:
        """Wait until few events wait to be sent: `emit_inbox` itself has no bound."""
        await self._outgoing.until_short()

    def _acked(self, socket: str, ids: Sequence[str]) -> None:
        # An acknowledgement may arrive after its socket was closed. Drop it: the subscription is
        # ended, and the owner pushes what is unacknowledged to the user's next socket.
        found = self._sockets.get(socket)
        if found is None:
            return
        done = found.core.ack(ids)
        for number in done:
            found.acks.pop(number)()
        # Owners take an ack as one of all earlier pushes, so nothing will answer those.
        for number in [number for number in found.acks if done and number < done[-1]]:
            del found.acks[number]
        if found.when_quiet is not None and found.core.is_quiet:
            found.when_quiet()
