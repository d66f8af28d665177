"""Starts the process of the clients (`tests.bench.live.clients`), and talks to it."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from deploy.local.paths import ROOT

_ANSWER_SECONDS = 120.0
_SILENCE_SECONDS = 60.0
_LINE_BYTES = 2**24
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")


class ClientsEndedError(Exception):
    """The clients' process ended unexpectedly. Its standard error says why."""


class Crowd:
    """One connected client for each user. Counts the acknowledged events and notifications.

    `ready` has the number of a user for each acknowledged notification, in the order of the acks.
    The code that creates the user's next notification removes the number.
    """

    def __init__(self, process: asyncio.subprocess.Process, users: Sequence[str]) -> None:
        self.users = users
        self.pid = process.pid
        self.acked = 0
        self.events = 0
        self.connected_seconds = 0.0
        self.ready: deque[int] = deque()
        self._process = process
        self._arrived = asyncio.Event()
        self._answers: asyncio.Queue[dict[str, float] | None] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def connected(cls, urls: Sequence[str], users: Sequence[str]) -> AsyncIterator["Crowd"]:
        """Connect these users, spread evenly over these instances."""
        process = await asyncio.create_subprocess_exec(
            *_DIE_WITH_PARENT,
            *(sys.executable, "-m", "tests.bench.live.clients"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            limit=_LINE_BYTES,
        )
        crowd = cls(process, users)
        reader = asyncio.create_task(crowd._read())
        try:
            answer = await crowd.do("connect", urls=urls, users=users)
            crowd.connected_seconds = answer["connected_s"]
            yield crowd
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            reader.cancel()

    async def do(self, command: str, **arguments: Any) -> dict[str, float]:
        """Give a command to the clients, and return their answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps({"do": command, **arguments}) + b"\n")
        async with asyncio.timeout(_ANSWER_SECONDS):
            answer = await self._answers.get()
        if answer is None:
            raise ClientsEndedError
        return answer

    async def take(self, most: int) -> list[int]:
        """Remove and return up to `most` ready users. Waits for the first one.

        Raises `TimeoutError` if nobody acknowledges anything for a minute.
        """
        while not self.ready:
            await self._next_ack()
        return [self.ready.popleft() for _ in range(min(most, len(self.ready)))]

    async def until_ready(self, count: int) -> None:
        """Wait until `count` users are ready."""
        while len(self.ready) < count:
            await self._next_ack()

    async def until_acked(self, count: int) -> None:
        """Wait until the users have acknowledged `count` notifications altogether."""
        while self.acked < count:
            await self._next_ack()

    async def _next_ack(self) -> None:
        self._arrived.clear()
        async with asyncio.timeout(_SILENCE_SECONDS):
            await self._arrived.wait()
        if self._process.returncode is not None:
            raise ClientsEndedError

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            value = orjson.loads(line)
            if isinstance(value, dict):
                self._answers.put_nowait(value)
                continue
            self.events, acked = value
            self.acked += len(acked)
            self.ready.extend(acked)
            self._arrived.set()
        await self._process.wait()
        self._answers.put_nowait(None)
        self._arrived.set()
