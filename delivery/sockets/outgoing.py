"""Sends to sockets, in the order asked for, so that the callers need not await."""

from collections.abc import Awaitable, Callable
from functools import partial

import socketio

from delivery import metrics
from delivery.core.decisions import Event
from delivery.sockets.packet import INBOX, NOTIFICATIONS, ReadyJson, notifications
from runtime.batch_queue import BatchQueue

Sending = Callable[[], Awaitable[None]]

#: As much may wait before those who ask for more should go no faster than it is sent.
_SHORT = 1_000


class Outgoing:
    """Owns what is asked for and not handed to the socket yet.

    The cores bound the pushes: a connection has two events outstanding at most, and repeats of
    them are as far apart as the ack time-out. `inbox` events nobody bounds but who brings them,
    by `until_short`. Handing over never waits for the client.
    """

    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server
        self._sendings: BatchQueue[Sending] = BatchQueue()
        self._encoded: tuple[Event, ReadyJson] | None = None  # several sockets, one encoding

    def push(self, socket: str, event: Event, acked: Callable[[], None]) -> None:
        """Push the event; `acked` is called at each acknowledgement, in time or late."""
        metrics.PUSHES.inc()
        metrics.PUSHED.observe(len(event.items))
        self._sendings.add(partial(self._push, socket, event, acked))

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, ready as JSON, to all of the user's sockets."""
        text = ReadyJson(INBOX, payload)
        self._sendings.add(partial(self._server.emit, INBOX, text, to=room_of(user)))

    def disconnect(self, socket: str) -> None:
        """End the connection, after what has been pushed to it; the client is not to return."""
        self._sendings.add(partial(self._server.disconnect, socket))

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._sendings.until_filled()
            while self._sendings:
                await self._sendings.pop()()

    async def until_short(self) -> None:
        """Wait until little waits; not for long, since no client is waited for."""
        await self._sendings.until_at_most(_SHORT)

    async def _push(self, socket: str, event: Event, acked: Callable[[], None]) -> None:
        text = self._encode(event)
        await self._server.emit(NOTIFICATIONS, text, to=socket, callback=acked)

    def _encode(self, event: Event) -> ReadyJson:
        if self._encoded is None or self._encoded[0] is not event:
            self._encoded = event, notifications(item.value for item in event.items)
        return self._encoded[1]


def room_of(user: str) -> str:
    """The room of a user's sockets; prefixed, since rooms share their names with socket ids."""
    return f"user:{user}"
