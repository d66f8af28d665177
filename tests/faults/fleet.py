"""Several real instances of one consumer group, which tests start and stop."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import zip_longest
from pathlib import Path

from deploy.local.ports import HOST
from tests.faults.proxy import Proxy
from tests.services.http import http_client
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.upgrade.released import program_of

_SUBSCRIPTIONS = re.compile(r"^delivery_subscriptions (\S+)$", re.MULTILINE)


class Fleet:
    """Owns the instances. `urls` has the addresses to which a load balancer would connect now.

    With `proxies`, peers reach each instance only through its proxy. Shoppers connect directly.
    `releases` has the folder of each instance's release, or None for the present sources.
    """

    def __init__(
        self,
        environments: Sequence[dict[str, str]],
        proxies: Sequence[Proxy] = (),
        releases: Sequence[Path | None] = (),
    ) -> None:
        self._environments = environments
        self.instances = [
            program_of(release, "delivery", f"http://{HOST}:{env['DELIVERY_PORT']}", env)
            for env, release in zip_longest(environments, releases)
        ]
        self.proxies = proxies
        self.urls: list[str] = []
        #: The killed instances whose proxies refuse connections.
        self._killed: set[int] = set()
        self._partitions = int(environments[0]["KAFKA_TOPIC_PARTITIONS"])

    def __getitem__(self, number: int) -> Program:
        return self.instances[number]

    async def start(self, *numbers: int) -> None:
        """Start these instances concurrently, and wait until they are ready."""
        await self._reach(*numbers)
        async with asyncio.TaskGroup() as tasks:
            for number in numbers:
                tasks.create_task(self.instances[number].start())
        self.urls += [self.instances[number].url for number in numbers]

    async def start_unready(self, number: int) -> None:
        """Start an instance without waiting. `urls` does not get its address."""
        await self._reach(number)
        await self.instances[number].start_unready()

    async def _reach(self, *numbers: int) -> None:
        """Let the proxies of killed instances accept connections again."""
        for number in self._killed.intersection(numbers):
            self._killed.remove(number)
            await self.proxies[number].accept()

    async def stop(self, number: int) -> None:
        """Send SIGTERM, and wait until the instance exits."""
        self.urls.remove(self.instances[number].url)
        await self.instances[number].stop()

    async def kill(self, number: int) -> None:
        """Send SIGKILL, and wait until the instance exits. Its proxy then refuses connections."""
        self.urls.remove(self.instances[number].url)
        await self.instances[number].kill()
        if self.proxies:
            await self.proxies[number].refuse()
            self._killed.add(number)

    def change(self, number: int, settings: Mapping[str, str]) -> None:
        """Change settings of an instance, which reads them at its next start."""
        self._environments[number].update(settings)

    def suspend(self, number: int) -> None:
        """Send SIGSTOP. The load balancer no longer connects clients to the instance."""
        self.urls.remove(self.instances[number].url)
        self.instances[number].suspend()

    def resume(self, number: int) -> None:
        """Send SIGCONT."""
        self.urls.append(self.instances[number].url)
        self.instances[number].resume()

    async def roll(self, old: int, new: int) -> None:
        """Start the instance `new`, and stop the instance `old` when the new one is ready."""
        await self.start(new)
        await self.stop(old)

    async def shared_by(self, *numbers: int) -> list[int]:
        """Wait until the instances log that they have all partitions. Return the count of each."""

        async def have_all() -> bool:
            return sum(self._shares(numbers)) == self._partitions

        await eventually(have_all)
        return self._shares(numbers)

    async def subscribed(self, count: int) -> None:
        """Wait until all owners together have `count` subscriptions of sockets."""
        async with http_client() as client:

            async def all_subscribed() -> bool:
                pages = [(await client.get(f"{url}/metrics")).text for url in self.urls]
                counts = [match for page in pages for match in _SUBSCRIPTIONS.findall(page)]
                return sum(map(float, counts)) == count

            await eventually(all_subscribed)

    def counted(self, event: str) -> int:
        """Return how many times the instances have logged this event."""
        return sum(
            logged["event"] == event for instance in self.instances for logged in instance.events
        )

    def _shares(self, numbers: Sequence[int]) -> list[int]:
        return [
            next(
                (
                    event["count"]
                    for event in reversed(self.instances[number].events)
                    if event["event"] == "partitions assigned"
                ),
                0,
            )
            for number in numbers
        ]

    @asynccontextmanager
    async def running(self, *numbers: int) -> AsyncIterator[None]:
        """Start these instances, and stop all running ones when the context ends.

        The test fails if an instance has exited by itself.
        """
        async with AsyncExitStack() as stack:
            for proxy in self.proxies:
                await stack.enter_async_context(proxy.running())
            stack.push_async_callback(self._stop_all)
            await self.start(*numbers)
            yield
            for instance in self.instances:
                if instance.url in self.urls and not instance.running:
                    raise instance.failure(await instance.ending())

    async def _stop_all(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for instance in self.instances:
                tasks.create_task(instance.stop())
