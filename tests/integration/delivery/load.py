"""Steady traffic while parts fail. It stores like the producer API and publishes like its relay."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from producer_api.contract.notification import Document
from tests.services.shopper import Shopper
from tests.services.waiting import PATIENCE_SECONDS
from tests.services.world import World


class Load:
    """Owns the ids created so far. Each round creates one notification for each user.

    Kafka may be down at any time: the records are published later, in order. For outages of
    MongoDB, `prepare` stores rounds in advance.
    """

    def __init__(self, world: World, users: Sequence[str], every_seconds: float = 0.25) -> None:
        self.created: dict[str, list[str]] = {user: [] for user in users}
        self._world = world
        self._every_seconds = every_seconds
        self._prepared: list[list[Document]] = []
        self._to_publish: asyncio.Queue[list[Document]] = asyncio.Queue()
        self._stopped = asyncio.Event()
        self._rounds = 0
        self._round_started = asyncio.Condition()

    async def prepare(self, rounds: int) -> None:
        """Store the notifications of the next `rounds` rounds in the inbox."""
        self._prepared = [self._documents() for _ in range(rounds)]
        await self._world.inbox.insert_many(list(itertools.chain(*self._prepared)))

    async def rounds(self, count: int) -> None:
        """Wait for `count` more rounds."""
        until = self._rounds + count
        async with asyncio.timeout(PATIENCE_SECONDS), self._round_started:
            await self._round_started.wait_for(lambda: self._rounds >= until)

    async def all_delivered(self) -> None:
        """Wait until all notifications created so far have a `delivered_at`."""
        await self._world.all_delivered([id_ for ids in self.created.values() for id_ in ids])

    def all_acked(self, *shoppers: Shopper) -> bool:
        """Return whether each shopper has acknowledged all notifications created for its user."""
        return all(set(shopper.acked) >= set(self.created[shopper.user]) for shopper in shoppers)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Create notifications until the context ends, and then wait until all are published."""
        async with asyncio.TaskGroup() as tasks:
            publishing = tasks.create_task(self._publish())
            creating = tasks.create_task(self._create())
            yield
            self._stopped.set()
            await creating
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._to_publish.join()
            publishing.cancel()

    async def _create(self) -> None:
        # Publish every prepared round, because the inbox already owes these notifications.
        while self._prepared or not self._stopped.is_set():
            if self._prepared:
                documents = self._prepared.pop(0)
            else:
                documents = self._documents()
                await self._world.inbox.insert_many(documents)
            for document in documents:
                self.created[document["user_id"]].append(document["_id"])
            self._to_publish.put_nowait(documents)
            async with self._round_started:
                self._rounds += 1
                self._round_started.notify_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds):
                    await self._stopped.wait()

    async def _publish(self) -> None:
        while True:
            await self._world.publish(*await self._to_publish.get())
            self._to_publish.task_done()

    def _documents(self) -> list[Document]:
        return [self._world.document(user) for user in self.created]
