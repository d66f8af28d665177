"""The owners' pushes to this instance's sockets, and the acks that return to the owners."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from delivery import metrics
from delivery.core.decision_types import Event
from delivery.core.forwarded_acks import NOT_FORWARDED, ForwardedAcks
from delivery.core.socket import Socket
from delivery.sockets.client import Client
from delivery.sockets.clients import Clients
from delivery.sockets.inbox_events import InboxEvents
from delivery.sockets.outgoing import Outgoing
from delivery.sockets.packet import notifications

#: The notifications that a socket acknowledged recently, each with how its ack was forwarded.
Acked = Mapping[str, ForwardedAcks | None]
#: Forwards the ack of a push to the owner that pushed. Returns `NOT_FORWARDED` if that owner may
#: not know the push any more, and None if the owner is in this process.
ForwardAck = Callable[[], ForwardedAcks | None]


class _OpenSocket:
    """Owns the owners' callbacks for one socket, by the number of the push."""

    __slots__ = (
        "_acks",
        "_last_number",
        "_unforwarded",
        "client",
        "core",
        "is_ended",
        "user",
        "when_quiet",
    )

    def __init__(
        self, client: Client, user: str, unforwarded: Callable[[Sequence[str]], None]
    ) -> None:
        self.client = client
        self.user = user
        self.core = Socket()
        self.is_ended = False
        """Set once the subscription ends."""
        self.when_quiet: Callable[[], None] | None = None
        """Set once the socket is leaving; called when it has acknowledged every push."""
        self._unforwarded = unforwarded
        self._acks: dict[int, ForwardAck] = {}
        self._last_number = 0

    def add(self, ids: Sequence[str], acked: ForwardAck, *, again: bool) -> Sequence[str]:
        """Add a push, and return the ids to send. Calls `acked` later, never at once."""
        self._last_number = number = self._last_number + 1
        to_send = self.core.push(number, ids, again=again)
        if to_send is None:
            # Do not call `acked` now: the owner is still carrying out the decisions that led to
            # this push, and an ack during that call would change the user's state.
            asyncio.get_running_loop().call_soon(acked)
            return ()
        self._acks[number] = acked
        return to_send

    def acked(self, ids: Sequence[str]) -> None:
        """Handle an ack of these ids."""
        # An ack may arrive after the socket's subscription has ended. The owner has then forgotten
        # the push, but the ack still counts: without it, the user's next socket would get a repeat.
        if self.is_ended:
            self._unforwarded(ids)
            return
        acked_numbers = self.core.ack(ids)
        # An ack of only a part of a push is not forwarded to any owner.
        forwarded: ForwardedAcks | None = None if acked_numbers else NOT_FORWARDED
        # Do not iterate over `_acks`: a callback may push again, which adds to `_acks`.
        for number in acked_numbers:
            forwarded = self._acks.pop(number)()
        if forwarded is not None:
            self._note_forwarded(ids, forwarded, is_whole=bool(acked_numbers))
        # For the owner, an ack covers all earlier pushes. Drop their callbacks.
        if self._acks and acked_numbers:
            last = acked_numbers[-1]
            for number in [number for number in self._acks if number < last]:
                del self._acks[number]
        if self.when_quiet is not None and self.core.is_quiet:
            self.when_quiet()

    def _note_forwarded(
        self, ids: Sequence[str], forwarded: ForwardedAcks, *, is_whole: bool
    ) -> None:
        if forwarded is NOT_FORWARDED and is_whole:
            self._unforwarded(ids)
        else:
            self.core.note_forwarded(ids, forwarded)


class EdgePushes:
    """Owns the pushes that the sockets of this instance have not acknowledged yet.

    The owner that pushes may be this instance or a peer.
    """

    def __init__(self, outgoing: Outgoing, clients: Clients) -> None:
        self._outgoing = outgoing
        self._clients = clients
        self._inbox_events = InboxEvents(outgoing.emit_inbox)
        self._sockets: dict[str, _OpenSocket] = {}
        #: The last event and its JSON, so that an event for several sockets is encoded once.
        self._encoded: tuple[Event, bytes] | None = None

    def open(self, socket: str, user: str, unforwarded: Callable[[Sequence[str]], None]) -> None:
        """Accept pushes for the user's socket, whose client is connected.

        Calls `unforwarded` with the ids of each ack that can be forwarded to no owner.
        """
        if client := self._clients.get(socket):
            self._sockets[socket] = _OpenSocket(client, user, unforwarded)

    def close(self, socket: str) -> Acked:
        """Drop the socket, and return the notifications that it acknowledged recently."""
        acked = self.unsubscribe(socket)
        self._sockets.pop(socket, None)
        return acked

    def unsubscribe(self, socket: str) -> Acked:
        """Forward no more acks of the socket, because its subscription ends now.

        Returns the notifications that the socket acknowledged recently.
        """
        open_socket = self._sockets.get(socket)
        if open_socket is None:
            return {}
        open_socket.is_ended = True
        return open_socket.core.forwarded

    def leave(self, socket: str, then: Callable[[], None]) -> None:
        """Push nothing new to the socket; call `then` when it has acknowledged every push.

        `then` is called at once if nothing is outstanding, and may be called more than once.
        """
        open_socket = self._sockets.get(socket)
        if open_socket is not None:
            open_socket.when_quiet = then
            if open_socket.core.is_quiet:
                then()

    def push(self, socket: str, event: Event, acked: ForwardAck, *, again: bool) -> None:
        """Push the event; call `acked` when the client has acknowledged all of it.

        Unless `again` is set, leaves out notifications that are on their way to the client already,
        whichever owner pushed them. The ack that is outstanding for them counts for this push, too.
        """
        open_socket = self._sockets.get(socket)
        if open_socket is None:
            return  # The socket is closed. The end of its subscription is on its way to the owner.
        if open_socket.when_quiet is not None and not open_socket.core.has_all(event.ids):
            return  # The socket is leaving. The client gets this event from its next instance.
        ids = event.ids
        new_ids = open_socket.add(ids, acked, again=again)
        if not new_ids:
            return
        if len(new_ids) < len(ids):
            event = Event(event.number, [item for item in event.items if item.id in new_ids])
        metrics.PUSHES.inc()
        metrics.PUSHED.observe(len(new_ids))
        self._inbox_events.flush(open_socket.user)
        # If the client has gone meanwhile, its `Client` drops the packet.
        open_socket.client.push(self._encode(event), partial(open_socket.acked, new_ids))

    def disconnect(self, socket: str, fault: str) -> None:
        """End the socket because of this fault of its client."""
        self._outgoing.disconnect(socket, fault)

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, given as JSON, to the user's sockets here.

        Gathers the events of a user with many changes. Events and pushes stay in order.
        """
        self._inbox_events.add(user, payload)

    def _encode(self, event: Event) -> bytes:
        if self._encoded is None or self._encoded[0] is not event:
            self._encoded = event, notifications(item.value for item in event.items)
        return self._encoded[1]
