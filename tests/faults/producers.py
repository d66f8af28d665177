"""Several real producer APIs of one topic and inbox, which start and stop."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from deploy.local.ports import HOST
from tests.services.program import ForkedProgram, Program, running

# As short as allowed, because the tests wait for what these bound.
TAKEOVER_SECONDS = 5
_FAST = {
    "PRODUCER_API_TAKEOVER_SECONDS": str(TAKEOVER_SECONDS),
    "PRODUCER_API_LEASE_SECONDS": "2",
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "1",
}


class Producers:
    """Owns the processes. `urls` has all their addresses, running or not."""

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
        """Run all of them until the context ends. One that died by itself fails the test."""
        async with running(*self.processes):
            yield

    async def restart(self, number: int) -> None:
        """Send SIGKILL, start a new process in its place, and wait until that is ready."""
        await self.processes[number].kill()
        await self.processes[number].start()

    async def metric(self, name: str) -> list[float]:
        """Return each process's value of a metric that has no labels."""
        return await asyncio.gather(*(each.metric(name) for each in self.processes))
