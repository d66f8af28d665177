"""Sends what needs no ack: `inbox` events, and the end of a connection."""

import socketio

from delivery.sockets.clients import Clients
from delivery.sockets.ended_event import ended_event, is_explained
from delivery.sockets.packet import INBOX
from runtime.batch_queue import BatchQueue
from runtime.slices import Slices

_NAMESPACE = "/"


class Outgoing:
    """Owns the connections that wait to be ended, because python-socketio ends them one by one.

    An event is written before the call returns. So events, and the pushes that `EdgePushes` writes,
    leave in the order of the calls.
    """

    def __init__(self, server: socketio.AsyncServer, clients: Clients) -> None:
        self._server = server
        self._clients = clients
        self._ending: BatchQueue[str] = BatchQueue()

    def emit_inbox(self, user: str, payload: bytes) -> None:
        """Emit an `inbox` event, given as JSON, to all of the user's sockets."""
        event = b'["%b",%b]' % (INBOX, payload)
        for socket, _ in self._server.manager.get_participants(_NAMESPACE, room_of(user)):
            if client := self._clients.get(socket):
                client.emit(event)

    def disconnect(self, socket: str, reason: str = "") -> None:
        """End the connection after all earlier events. The client does not connect again.

        If the reason is one that the client can remedy, the client gets the event `ended` first.
        """
        if is_explained(reason) and (client := self._clients.get(socket)):
            client.emit(ended_event(reason))
        self._ending.add(socket)

    async def run(self) -> None:
        """End connections until cancelled."""
        slices = Slices()
        while True:
            await self._ending.until_filled()
            # `disconnect` does not let other tasks run, and thousands of connections may end at
            # once. So let other tasks run in between.
            await self._server.disconnect(self._ending.pop())
            await slices.step()


def room_of(user: str) -> str:
    """Return the room of a user's sockets; the prefix keeps it apart from socket ids."""
    return f"user:{user}"
