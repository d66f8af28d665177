"""Our own programs as real processes."""

import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from deploy.local.paths import ROOT
from deploy.local.process import Process

_READY_SECONDS = 30.0


class Program(Process):
    """`python -m <module>`, ready when `/readyz` answers 200.

    Beside `start`, `stop` (SIGTERM), `kill`, `suspend`, `resume` it keeps every line it logged.
    """

    def __init__(self, module: str, url: str, env: Mapping[str, str]) -> None:
        self.url = url
        self.lines: list[str] = []
        argv = [sys.executable, "-m", module]
        super().__init__(module, argv, env=env, cwd=ROOT, on_line=self.lines.append)

    async def start(self, timeout: float = _READY_SECONDS) -> None:
        """Start it and wait until it is ready; its last lines are in the error when it is not."""
        await self.start_unready()
        async with httpx.AsyncClient(base_url=self.url, timeout=2.0) as client:
            await self.until_ready(lambda: _is_ready(client), timeout)

    async def start_unready(self) -> None:
        """Only start it: for tests of what it does while Kafka or MongoDB is missing."""
        await super().start()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log's JSON lines."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.HTTPError:
        return False


@asynccontextmanager
async def running(*programs: Program) -> AsyncIterator[None]:
    """Start these one after the other; stop them at the end.

    A program that died meanwhile fails the test with its last lines, unless the test awaited its
    end itself (`stop`, `kill`, `wait`).
    """
    try:
        for program in programs:
            await program.start()
        yield
        for program in programs:
            if not program.running and not program.end_awaited:
                raise program.failure(f"ended by itself with status {await program.wait()}")
    finally:
        for program in reversed(programs):
            await program.stop()
