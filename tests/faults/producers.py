"""Several real producer APIs with the same topic and inbox, which tests start and stop."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path

from deploy.local.ports import HOST
from tests.services.program import Program, running
from tests.upgrade.released import program_of

# As short as the settings allow, because the tests wait for these times.
TAKEOVER_SECONDS = 5
_FAST = {
    "PRODUCER_API_TAKEOVER_SECONDS": str(TAKEOVER_SECONDS),
    "PRODUCER_API_LEASE_SECONDS": "2",
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "1",
}


class Producers:
    """Owns the processes. `urls` has the addresses of all, including those that do not run.

    `releases` has the folder of each process's release, or None for the present sources.
    """

    def __init__(
        self,
        environments: Sequence[Mapping[str, str]],
        releases: Sequence[Path | None] = (),
        common: Mapping[str, str] = _FAST,
    ) -> None:
        self.processes = [
            program_of(
                release,
                "producer_api",
                f"http://{HOST}:{env['PRODUCER_API_PORT']}",
                {**common, **env},
            )
            for env, release in zip_longest(environments, releases)
        ]
        self.urls = [process.url for process in self.processes]

    def __getitem__(self, number: int) -> Program:
        return self.processes[number]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run all until the context ends. The test fails if a process has exited by itself."""
        async with running(*self.processes):
            yield

    async def restart(self, number: int) -> None:
        """Send SIGKILL, start the process again, and wait until it is ready."""
        await self.processes[number].kill()
        await self.processes[number].start()

    async def metric(self, name: str) -> list[float]:
        """Return the value of a metric without labels, from each process."""
        return await asyncio.gather(*(process.metric(name) for process in self.processes))
