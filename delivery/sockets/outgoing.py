"""Sends events to sockets in the order of the calls, without making the callers wait."""

from collections.abc import Awaitable, Callable
from functools import partial

import socketio

from delivery import metrics
from delivery.core.decision_types import Event
from delivery.sockets.packet import INBOX, NOTIFICATIONS, ReadyJson, notifications
from runtime.batch_queue import BatchQueue

Sending = Callable[[], Awaitable[None]]

#: `until_few_waiting` returns when no more than this number of sends wait.
_FEW = 1_000


class Outgoing:
    """Owns the sends that have not been handed to python-socketio yet.

    The cores bound the pushes: a connection has at most two events outstanding, and an event is
    repeated only after the ack time-out. Nothing bounds `inbox` events, so callers that emit many
    of them call `until_few_waiting`. A send hands an event to python-socketio, which never waits
    for the client.
    """

    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server
        self._sendings: BatchQueue[Sending] = BatchQueue()
        #: The last event and its JSON, so that an event for several sockets is encoded once.
        self._encoded: tuple[Event, ReadyJson] | None = None

    def push(self, socket: str, event: Event, acked: Callable[[], None]) -> None:
        """Push the event; call `acked` each time the client acknowledges it, even late."""
        metrics.PUSHES.inc()
        metrics.PUSHED.observe(len(event.items))
        self._sendings.add(partial(self._push, socket, event, acked))

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, given as JSON, to all of the user's sockets."""
        text = ReadyJson(INBOX, payload)
        self._sendings.add(partial(self._server.emit, INBOX, text, to=room_of(user)))

    def disconnect(self, socket: str) -> None:
        """End the connection after all earlier pushes. The client does not connect again."""
        self._sendings.add(partial(self._server.disconnect, socket))

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._sendings.until_filled()
            while self._sendings:
                await self._sendings.pop()()

    async def until_few_waiting(self) -> None:
        """Wait until few sends wait. The wait is short, because no send waits for a client."""
        await self._sendings.until_at_most(_FEW)

    async def _push(self, socket: str, event: Event, acked: Callable[[], None]) -> None:
        text = self._encode(event)
        await self._server.emit(NOTIFICATIONS, text, to=socket, callback=acked)

    def _encode(self, event: Event) -> ReadyJson:
        if self._encoded is None or self._encoded[0] is not event:
            self._encoded = event, notifications(item.value for item in event.items)
        return self._encoded[1]


def room_of(user: str) -> str:
    """Return the room of a user's sockets; the prefix keeps it apart from socket ids."""
    return f"user:{user}"
