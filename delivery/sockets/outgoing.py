"""Sends to sockets, in the order asked for, so that the callers need not await."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import socketio

from delivery import metrics
from delivery.core.decisions import Event
from delivery.sockets.packet import NOTIFICATIONS, ReadyJson


class _Sending(NamedTuple):
    connection: str
    event: Event | None
    """None to end the connection."""
    acked: Callable[[], None] | None


class Outgoing:
    """Owns what is asked for and not handed to the socket yet.

    The cores bound it: a connection has two events outstanding at most, and repeats of them are
    as far apart as the ack time-out. Handing over never waits for the client.
    """

    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server
        self._sendings: deque[_Sending] = deque()
        self._asked = asyncio.Event()
        self._encoded: tuple[Event, ReadyJson] | None = None  # several connections, one encoding

    def push(self, connection: str, event: Event, acked: Callable[[], None]) -> None:
        """Push the event; `acked` is called at each acknowledgement, in time or late."""
        metrics.PUSHES.inc()
        metrics.PUSHED.observe(len(event.items))
        self._sendings.append(_Sending(connection, event, acked))
        self._asked.set()

    def disconnect(self, connection: str) -> None:
        """End the connection, after what has been pushed to it."""
        self._sendings.append(_Sending(connection, None, None))
        self._asked.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._sendings:
                sending = self._sendings.popleft()
                if sending.event is None:
                    await self._server.disconnect(sending.connection)
                    continue
                await self._server.emit(
                    NOTIFICATIONS,
                    self._encode(sending.event),
                    to=sending.connection,
                    callback=sending.acked,
                )

    def _encode(self, event: Event) -> ReadyJson:
        if self._encoded is None or self._encoded[0] is not event:
            self._encoded = event, ReadyJson(item.value for item in event.items)
        return self._encoded[1]
