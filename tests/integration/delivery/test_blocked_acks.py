"""An ack that cannot be written waits alone: all others are written, and settle their records."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.receipts.owed_note import OwedNote
from delivery.receipts.owed_receipts import COLLECTION, Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from tests.integration.delivery.judged import Judged
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

#: Much shorter than the transaction, which lasts until the test ends it.
_SOON_SECONDS = 20.0


class _Writing:
    """A writer of acks on the real inbox."""

    def __init__(self, owed: OwedReceipts, writer: DeliveredWriter, receipts: Receipts) -> None:
        self.owed = owed
        self.writer = writer
        self.receipts = receipts
        self.written: set[str] = set()

    def ack(self, *ids: str) -> None:
        """Acknowledge these notifications, each on its own."""
        for id_ in ids:
            delivered = Delivered("ana", [id_], 1)
            self.writer.add(delivered, lambda id_=id_: self.written.add(id_))  # type: ignore[misc]

    def told(self) -> list[str]:
        """Return the ids of the queued receipts."""
        queued = self.receipts.oldest(10_000)
        return [id_ for each in queued for receipt in each.receipts for id_ in receipt.ids]


@asynccontextmanager
async def _writing(world: World) -> AsyncIterator[_Writing]:
    inbox = Inbox(world.settings.mongo_url, world.settings.mongo_database)
    receipts = Receipts()
    owed = OwedReceipts(inbox.database[COLLECTION], "http://here:1")
    writer = DeliveredWriter(inbox, owed, receipts)
    tasks = [asyncio.create_task(work()) for work in (writer.run, owed.run)]
    try:
        async with asyncio.timeout(_SOON_SECONDS):
            yield _Writing(owed, writer, receipts)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        inbox.close()


@asynccontextmanager
async def _locked(collection: Any, *ids: str) -> AsyncIterator[None]:
    """Lock these documents by a transaction, until the context ends."""
    client = collection.database.client
    async with client.start_session() as session, await session.start_transaction():
        await collection.update_many(
            {"_id": {"$in": ids}}, {"$set": {"locked": True}}, session=session
        )
        yield
        await session.abort_transaction()


async def test_locked_documents_delay_only_their_own_acks(world: World) -> None:
    documents = [world.document("ana") for _ in range(500)]
    await world.inbox.insert_many(documents)
    ids = [document["_id"] for document in documents]
    locked = {ids[100], ids[400]}
    async with _writing(world) as writing:
        async with _locked(world.inbox, *locked):
            writing.ack(*ids)
            await writing.writer.flush()
            assert writing.written == set(ids) - locked
            assert writing.writer.blocked == len(locked)
            assert await world.delivered(ids) == writing.written
            # The next acks do not wait for those that are known to be blocked.
            later = await world.create("ben")
            writing.ack(*later)
            await writing.writer.flush()
            assert writing.writer.oldest_seconds > 0
        await world.all_delivered(ids)
        await eventually(lambda: _is(writing.written == {*ids, *later}))
        assert writing.writer.oldest_seconds == 0
        assert sorted(writing.told()) == sorted([*ids, *later])
        owed = world.mongo[world.settings.mongo_database][COLLECTION]
        assert await owed.count_documents({"run": {"$exists": True}}) > 0
        writing.receipts.confirm(writing.receipts.oldest(10_000))
        await world.all_receipts_confirmed()


async def test_a_document_that_can_never_be_written_delays_only_its_own_ack(world: World) -> None:
    documents = [world.document("ana") for _ in range(50)]
    await world.inbox.insert_many(documents)
    ids = [document["_id"] for document in documents]
    database = world.mongo[world.settings.mongo_database]
    await database.command("collMod", world.inbox.name, validator={"_id": {"$ne": ids[7]}})
    not_text = "\ud800"  # cannot be encoded
    async with _writing(world) as writing:
        writing.ack(*ids, not_text)
        await writing.writer.flush()
        assert writing.written == set(ids) - {ids[7]}
        assert writing.writer.blocked == 2
        await database.command("collMod", world.inbox.name, validator={})
        await world.all_delivered(ids)
        await eventually(lambda: _is(writing.written == set(ids)))
        assert sorted(writing.told()) == sorted(ids)


async def test_a_locked_owed_receipt_delays_no_deletion_of_others(world: World) -> None:
    async with _writing(world) as writing:
        collection = world.mongo[world.settings.mongo_database][COLLECTION]
        notes = [OwedNote(writing.owed, 1) for _ in range(3)]
        for note in notes:
            await note.store([Delivered("ana", ["1"], 1)])
        (locked, *_) = ids = [document["_id"] async for document in collection.find()]

        async def are_left(count: int) -> bool:
            return bool(await collection.count_documents({"_id": {"$in": ids}}) == count)

        async with _locked(collection, locked):
            for note in notes:
                note.release(1)
            await eventually(lambda: are_left(1))
        await eventually(lambda: are_left(0))


async def test_a_locked_document_holds_up_no_other_user_and_no_other_partition(
    world: World, delivery: Program, judged: Judged
) -> None:
    first = judged.shopper(world.users_of_partition(0, 1)[0], acking=False)
    others = [judged.shopper(user) for user in world.users_of_partition(1, 4)]
    async with running(delivery), connected(first, *others):
        (blocked,) = await world.create(first.user)
        await first.has(1)
        async with _locked(world.inbox, blocked):
            first.start_acking()
            for _ in range(3):
                ids = [(await world.create(shopper.user))[0] for shopper in others]
                await world.all_delivered(ids)
            end = (await world.ends())[1]

            async def is_committed() -> bool:
                return await world.committed_of(1) == end

            await eventually(is_committed, within=_SOON_SECONDS)
            assert await world.delivered([blocked]) == set()
        await world.all_delivered([blocked])
        await world.all_committed()


async def _is(value: bool) -> bool:
    return value
