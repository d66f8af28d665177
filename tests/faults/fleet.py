"""Several real instances of one consumer group, which come and go."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from tests.services.program import Program


class Fleet:
    """Owns the instances; `urls` has those that a load balancer would offer now."""

    def __init__(self, environments: Sequence[Mapping[str, str]]) -> None:
        self.instances = [
            Program("delivery", f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
            for env in environments
        ]
        self.urls: list[str] = []

    def __getitem__(self, number: int) -> Program:
        return self.instances[number]

    async def start(self, *numbers: int) -> None:
        """Start these, all at once, and wait until they are ready."""
        async with asyncio.TaskGroup() as tasks:
            for number in numbers:
                tasks.create_task(self.instances[number].start())
        self.urls += [self.instances[number].url for number in numbers]

    async def stop(self, number: int) -> None:
        """SIGTERM, until it has ended."""
        self.urls.remove(self.instances[number].url)
        await self.instances[number].stop()

    async def kill(self, number: int) -> None:
        """SIGKILL."""
        self.urls.remove(self.instances[number].url)
        await self.instances[number].kill()

    @asynccontextmanager
    async def running(self, *numbers: int) -> AsyncIterator[None]:
        """These from the beginning, and whoever is started meanwhile, until the end.

        One that died by itself fails the test.
        """
        try:
            await self.start(*numbers)
            yield
            for each in self.instances:
                if each.url in self.urls and not each.running:
                    raise each.failure(await each.ending())
        finally:
            for each in reversed(self.instances):
                await each.stop()
