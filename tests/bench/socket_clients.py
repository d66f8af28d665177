"""Many cheap Socket.IO clients in one process, which parse only what acks and counts need.

A full client would use more CPU time than the measured server. The protocol is Socket.IO 5 over
Engine.IO 4.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Sequence

from websockets.asyncio.client import ClientConnection, connect

from tests.services.tokens import shopper_token

_PING, _PONG = "2", "3"
_CONNECT, _CONNECTED, _EVENT, _ACK = "40", "40", "42", "43"
_TIMEOUT_SECONDS = 300


class Crowd:
    """One connection for each user. Counts the notifications that the users acknowledged."""

    def __init__(self) -> None:
        self.acked = 0
        self.events = 0
        self.latencies: list[float] = []
        """Seconds from the creation to the ack of each event's last notification."""
        self._last: dict[str, float] = {}
        self._longest_gap = 0.0
        self._goal = 0
        self._reached = asyncio.Event()

    async def until_acked(self, count: int) -> None:
        """Wait until all users together have acknowledged `count` notifications."""
        self._goal = count
        self._reached.clear()
        if self.acked < count:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._reached.wait()

    @classmethod
    @contextlib.asynccontextmanager
    async def connected(cls, urls: Sequence[str], users: Sequence[str]) -> AsyncIterator["Crowd"]:
        """Connect these users, spread evenly over these instances."""
        crowd = cls()
        addresses = itertools.cycle(
            url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket" for url in urls
        )
        async with asyncio.TaskGroup() as tasks:
            connections = []
            for user, address in zip(users, addresses, strict=False):
                is_connected = asyncio.Event()
                stay = crowd._stay_connected(user, address, is_connected)
                connections.append(tasks.create_task(stay))
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    await is_connected.wait()
            yield crowd
            for connection in connections:
                connection.cancel()

    async def _stay_connected(self, user: str, address: str, is_connected: asyncio.Event) -> None:
        """Keep a connection open, and reconnect when the server ends it, as a browser does."""
        while True:
            async with connect(
                address, max_size=None, compression=None, ping_interval=None
            ) as socket:
                await socket.recv()
                await socket.send(_CONNECT + json.dumps({"token": shopper_token(user)}))
                answer = await socket.recv()
                if not str(answer).startswith(_CONNECTED):
                    raise RuntimeError(f"connection of {user} refused: {answer!r}")
                is_connected.set()
                await self._read(socket, user)

    def start_gaps(self) -> None:
        """Start to measure gaps between arrivals, and forget earlier gaps."""
        self._longest_gap = 0.0
        self._last = dict.fromkeys(self._last, time.perf_counter())

    def longest_gap(self) -> float:
        """Return the longest time, in seconds, that any user waited for the next arrival."""
        now = time.perf_counter()
        return max([self._longest_gap, *(now - last for last in self._last.values())])

    async def _read(self, socket: ClientConnection, user: str) -> None:
        async for message in socket:
            text = str(message)
            if text == _PING:
                await socket.send(_PONG)
            elif text.startswith(_EVENT):
                ack_id = text[len(_EVENT) : text.index("[")]
                await socket.send(f"{_ACK}{ack_id}[]")
                now = time.perf_counter()
                self._longest_gap = max(self._longest_gap, now - self._last.get(user, now))
                self._last[user] = now
                self._count(text)

    def _count(self, text: str) -> None:
        self.events += 1
        self.acked += text.count('"delivered_at":')
        position = text.rindex('"sent":') + len('"sent":')
        self.latencies.append(time.time() - float(text[position : text.index("}", position)]))
        if self.acked >= self._goal:
            self._reached.set()
