"""Several real producer APIs of one topic and inbox, which come and go."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from deploy.local.ports import HOST
from tests.services.program import ForkedProgram, Program, running

# As short as allowed: the tests wait for what these bound.
TAKEOVER_SECONDS = 5
_FAST = {
    "PRODUCER_API_TAKEOVER_SECONDS": str(TAKEOVER_SECONDS),
    "PRODUCER_API_LEASE_SECONDS": "2",
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "1",
}


class Producers:
    """Owns the processes. Callers know all their addresses, whoever is there: `urls`."""

    def __init__(self, environments: Sequence[Mapping[str, str]]) -> None:
        self.processes = [
            ForkedProgram(
                "producer_api", f"http://{HOST}:{env['PRODUCER_API_PORT']}", {**_FAST, **env}
            )
            for env in environments
        ]
        self.urls = [each.url for each in self.processes]

    def __getitem__(self, number: int) -> Program:
        return self.processes[number]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All of them, until the end. One that died by itself fails the test."""
        async with running(*self.processes):
            yield

    async def restart(self, number: int) -> None:
        """SIGKILL, and a new process in its place, once that is ready."""
        await self.processes[number].kill()
        await self.processes[number].start()

    async def metric(self, name: str) -> list[float]:
        """What each says of that metric, which has no labels."""
        return await asyncio.gather(*(each.metric(name) for each in self.processes))
