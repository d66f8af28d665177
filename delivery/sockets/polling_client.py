"""Engine.IO sessions that began with long polling, for shoppers whose network blocks WebSockets.

Python-engineio serves them, from a queue for each. They are slow, and few: their number is bounded.
A session that upgrades to a WebSocket later stays in python-engineio's hands.
"""

import asyncio
from contextlib import suppress

from engineio import packet
from engineio.async_socket import AsyncSocket

from delivery import metrics
from delivery.sockets.client import Client
from runtime.batch_queue import BatchQueue

#: A client that has not fetched this many packets is ended. It loads its list over REST afterwards.
_MAX_WAITING = 1_000
_LOOK_SECONDS = 1.0
_LAST_POLL_SECONDS = 5.0


class PollingClient(Client):
    """One session whose packets wait in its queue until the client polls."""

    def __init__(self, socket: AsyncSocket, ending: BatchQueue[AsyncSocket]) -> None:
        self._socket = socket
        self._ending = ending
        super().__init__()

    def send(self, packet_text: bytes) -> None:
        """Queue an Engine.IO packet for the client's next poll."""
        if self._socket.queue.qsize() >= _MAX_WAITING:
            self.end()
        else:
            message = packet.Packet(packet.MESSAGE, packet_text[1:].decode())
            self._socket.queue.put_nowait(message)

    def end(self) -> None:
        """End the session, and tell the client in the answer to its poll."""
        self._ending.add(self._socket)


class PollingSessions:
    """Owns the sessions that poll, and ends those whose clients have gone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._clients: dict[AsyncSocket, PollingClient] = {}
        self._ending: BatchQueue[AsyncSocket] = BatchQueue()

    @property
    def has_room(self) -> bool:
        """Whether another session may poll."""
        return sum(not socket.upgraded for socket in self._clients) < self._limit

    def open(self, socket: AsyncSocket) -> PollingClient:
        """Add a session that begins with long polling."""
        client = self._clients[socket] = PollingClient(socket, self._ending)
        self._count()
        return client

    async def run(self) -> None:
        """Watch over the sessions until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._ending.until_filled()
            for socket in self._ending.take(len(self._ending)):
                await socket.close(wait=False)
            for socket in list(self._clients):
                if not socket.closed and not socket.closing:
                    await socket.check_ping_timeout()
                if socket.closed:
                    self._forget(socket)
            self._count()

    def _forget(self, socket: AsyncSocket) -> None:
        self._clients.pop(socket).forget()
        # Until then, a poll may fetch the rest of the queue: the note that the session has ended.
        loop = asyncio.get_running_loop()
        loop.call_later(_LAST_POLL_SECONDS, socket.server.sockets.pop, socket.sid, None)

    def _count(self) -> None:
        metrics.POLLING_SESSIONS.set(sum(not socket.upgraded for socket in self._clients))
