"""Engine.IO sessions that began with long polling, for shoppers whose network blocks WebSockets.

Python-engineio answers their polls, from a queue for each session. This module handles what clients
post, because python-engineio would log a traceback for each malformed body. Polling is slow, so the
number of these sessions is limited. If a session later upgrades to a WebSocket, python-engineio
serves the WebSocket, too (see `upgrade`).
"""

import asyncio
from contextlib import suppress
from typing import Any

from engineio import packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError

from delivery import metrics
from delivery.sockets.client import CLOSE, Client, cost_of, is_from_a_client
from delivery.sockets.environ import BODY
from runtime.batch_queue import BatchQueue
from runtime.slices import Slices

#: If this many packets wait for a client to fetch them, its session ends. The client then connects
#: again, and loads its list over REST.
_MAX_WAITING = 1_000
_MAX_WAITING_BYTES = 1024 * 1024
#: How many packets a client may post at once. Python-engineio's limit is 16.
_MAX_POSTED = 100
#: A request costs as much as this many packets, in addition to the packets in its body.
_REQUEST = 3
_CHECK_SECONDS = 1.0
_SEPARATOR = "\x1e"
#: How long a client may take to post a body.
_BODY_SECONDS = 20.0


class PollingClient(Client):
    """One session whose packets wait in its queue until the client polls."""

    def __init__(
        self, socket: AsyncSocket, ending: BatchQueue[AsyncSocket], packets_per_second: float
    ) -> None:
        self._socket = socket
        self._ending = ending
        #: An upper bound for the bytes that wait in the queue.
        self._waiting_bytes = 0
        socket.handle_get_request = self._answer_poll
        socket.handle_post_request = self._receive_posted
        super().__init__(packets_per_second)

    @property
    def has_ended(self) -> bool:
        """Whether the session has ended."""
        return bool(self._socket.closed or self._socket.closing)

    def send(self, packet_text: bytes) -> None:
        """Queue an Engine.IO packet for the client's next poll."""
        super().refund()  # the poll that fetches this packet costs nothing
        if self._has_room(len(packet_text)):
            message = packet.Packet(packet.MESSAGE, packet_text[1:].decode())
            self._socket.queue.put_nowait(message)

    def end(self) -> None:
        """End the session, and tell the client in the answer to its poll."""
        self._ending.add(self._socket)

    def refund(self, packets: int = 1) -> None:
        """Give back what was charged for the acks, and for the request that carried them."""
        super().refund(packets + _REQUEST)

    def expel(self) -> None:
        """End the session. The packets in the queue tell the client so."""
        self.end()

    def _has_room(self, more_bytes: int) -> bool:
        """Return whether this many more bytes fit into the queue. Ends the session if not."""
        queue = self._socket.queue
        if queue.empty():  # a poll takes all
            self._waiting_bytes = 0
        self._waiting_bytes += more_bytes
        if queue.qsize() < _MAX_WAITING and self._waiting_bytes <= _MAX_WAITING_BYTES:
            return True
        self.end()
        return False

    async def _answer_poll(self, environ: dict[str, Any]) -> object:
        self.charge(0)
        return await AsyncSocket.handle_get_request(self._socket, environ)

    async def _receive_posted(self, environ: dict[str, Any]) -> None:
        """Handle the packets in the body of a request, which is answered with 200 afterwards.

        If they are malformed, ends the session and raises `EngineIOError`: the answer is then 400.
        Python-engineio calls this only for sessions that it knows.
        """
        most = self._socket.server.max_http_buffer_size
        body: bytes | None = b""  # an empty body is malformed
        with suppress(TimeoutError):
            async with asyncio.timeout(_BODY_SECONDS):
                body = await environ[BODY].read(most)
        # Count the answers to these packets, too: they wait in the queue, and the client may never
        # poll. An answer is hardly longer than its packet.
        if body is None or self.has_ended or not self._has_room(len(body)):
            return
        try:
            packets = body.decode().split(_SEPARATOR)
        except UnicodeDecodeError:
            packets = [""]
        is_too_much = len(body) > most or len(packets) > _MAX_POSTED
        if is_too_much or not all(map(is_from_a_client, packets)):
            metrics.MALFORMED_PACKETS.inc()
            reason = self._socket.server.reason.TRANSPORT_ERROR
            await self._socket.close(wait=False, reason=reason)
            raise EngineIOError
        self.charge(len(body), _REQUEST + sum(map(cost_of, packets)))
        for text in packets:
            # The session may end while an earlier packet is handled.
            if not self.has_ended:
                await self._receive(text)

    async def _receive(self, text: str) -> None:
        await self._socket.receive(packet.Packet(encoded_packet=text))
        if text == CLOSE:
            self._socket.queue.put_nowait(packet.Packet(packet.NOOP))  # answers a poll that waits
            self._socket.server.sockets.pop(self._socket.sid, None)


class PollingSessions:
    """Owns the sessions that poll, and ends those whose clients have gone."""

    def __init__(self, limit: int, packets_per_second: float) -> None:
        self._limit = limit
        self._packets_per_second = packets_per_second
        self._clients: dict[AsyncSocket, PollingClient] = {}
        #: The sessions that polled at the last count, or have begun since. `_clients` also has the
        #: upgraded ones. There may be thousands of these, so opening a session must not go through
        #: `_clients`.
        self._pollers: set[AsyncSocket] = set()
        self._ending: BatchQueue[AsyncSocket] = BatchQueue()

    @property
    def has_room(self) -> bool:
        """Whether another session may poll."""
        return len(self._pollers) < self._limit or self._count_pollers() < self._limit

    def open(self, socket: AsyncSocket) -> PollingClient:
        """Add a session that begins with long polling."""
        client = self._clients[socket] = PollingClient(
            socket, self._ending, self._packets_per_second
        )
        self._pollers.add(socket)
        metrics.POLLING_SESSIONS.set(len(self._pollers))
        return client

    def client_of(self, socket: AsyncSocket) -> PollingClient:
        """Return the client of a session that began with long polling."""
        return self._clients[socket]

    async def run(self) -> None:
        """End the sessions that are to end, and those whose clients have gone, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_SECONDS):
                    await self._ending.until_filled()
            slices = Slices()  # nothing below waits, and thousands may end at once
            for socket in self._ending.take(len(self._ending)):
                await socket.close(wait=False)
                # Forget the session before other tasks run: python-engineio raises an exception for
                # a packet to a closed session.
                if socket in self._clients:
                    self._forget(socket)
                await slices.step()
            for socket in list(self._clients):
                if not socket.closed and not socket.closing:
                    await socket.check_ping_timeout()
                if socket.closed:
                    self._forget(socket)
                await slices.step()
            metrics.POLLING_SESSIONS.set(self._count_pollers())

    def _count_pollers(self) -> int:
        """Return how many sessions poll now."""
        gone = [socket for socket in self._pollers if socket.upgraded or socket.closed]
        self._pollers.difference_update(gone)
        return len(self._pollers)

    def _forget(self, socket: AsyncSocket) -> None:
        self._clients.pop(socket).forget()
        # If python-engineio kept the session, it would raise an exception for a later request. A
        # waiting poll still gets the rest of the queue, which says that the session has ended.
        socket.server.sockets.pop(socket.sid, None)
        # Break the cycle: these handlers refer to the client, which refers to the socket.
        del socket.handle_get_request, socket.handle_post_request
