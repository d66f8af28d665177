"""A shopper's client in Node: socket.io-client, as shops use it in their own pages."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deploy.local.paths import ROOT
from tests.services.tokens import shopper_token
from tests.services.waiting import PATIENCE_SECONDS

_SCRIPT = Path(__file__).with_name("shopper.cjs")
_CLIENT = ROOT / "frontend" / "node_modules" / "socket.io-client"


class NodeShopper:
    """One client. It acknowledges each push, and connects again by itself when it loses its server.

    `events` has what happened: the names and values that `shopper.cjs` prints.
    """

    def __init__(self, process: Process) -> None:
        self.events: list[tuple[str, Any]] = []
        self._process = process

    @classmethod
    @asynccontextmanager
    async def running(cls, user: str, url: str, **options: Any) -> AsyncIterator["NodeShopper"]:
        """Run a client of this user until the context ends. `options` go to `io`."""
        node = shutil.which("node")
        assert node is not None, "make test installs Node"
        given = {"auth": {"token": shopper_token(user)}, "transports": ["websocket"], **options}
        process = await asyncio.create_subprocess_exec(
            node, str(_SCRIPT), str(_CLIENT), url, json.dumps(given), stdin=PIPE, stdout=PIPE
        )
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def happens(self, *expected: str) -> Any:
        """Wait for the next event, which must have one of these names. Return its value.

        Skips pings, unless one is expected.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                name, value = await self._event()
                self.events.append((name, value))
                if name in expected:
                    return value
                assert name == "ping", self.events

    async def tell(self, command: str, value: Any = None) -> None:
        """Send a command to the client."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, value]).encode() + b"\n")
        await self._process.stdin.drain()

    async def _event(self) -> tuple[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the client has exited"
        name, value = json.loads(line)
        return name, value
