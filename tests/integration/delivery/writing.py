"""A writer of acks on the real inbox, with the receipts that it queues."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.receipts.owed_receipts import COLLECTION, Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from tests.services.waiting import PATIENCE_SECONDS
from tests.services.world import World

HERE, THERE = "http://here:1", "http://there:1"


class Writing:
    """A running writer of one instance. No receipt is confirmed before `confirm`."""

    def __init__(self, inbox: Inbox, instance: str) -> None:
        self.inbox = inbox
        self.receipts = Receipts()
        self.owed = OwedReceipts(inbox.database[COLLECTION], instance)
        self.writer = DeliveredWriter(inbox, self.owed, self.receipts)
        self.written: set[str] = set()

    def add(self, ids: Sequence[str], user: str = "ana") -> None:
        """Acknowledge one event of this user's notifications."""
        self.writer.add(Delivered(user, list(ids), 1), lambda: self.written.update(ids))

    def add_each(self, ids: Sequence[str], user: str = "ana") -> None:
        """Acknowledge each of this user's notifications on its own."""
        for id_ in ids:
            self.add([id_], user)

    async def acks(self, ids: Sequence[str]) -> None:
        """Acknowledge one event, and wait until the ack is written."""
        self.add(ids)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.writer.flush()

    def told(self) -> list[str]:
        """Return the ids of the queued receipts."""
        queued = self.receipts.oldest(10_000)
        return [id_ for each in queued for receipt in each.receipts for id_ in receipt.ids]

    def confirm(self) -> None:
        """Confirm all queued receipts, as Kafka does."""
        self.receipts.confirm(self.receipts.oldest(10_000))


@asynccontextmanager
async def writing(world: World, instance: str = HERE) -> AsyncIterator[Writing]:
    """Run the writer of the instance at this address until the context ends."""
    made = Writing(Inbox(world.settings.mongo_url, world.settings.mongo_database), instance)
    tasks = [asyncio.create_task(work()) for work in (made.writer.run, made.owed.run)]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        made.inbox.close()
