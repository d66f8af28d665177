"""An ack that cannot be written waits alone: all others are written, and settle their records."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from delivery.receipts.owed_note import OwedNote
from delivery.receipts.owed_receipts import COLLECTION, Delivered
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.writing import writing
from tests.services.program import Program, running
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

#: Much shorter than the transaction, which lasts until the test ends it.
_SOON_SECONDS = 20.0


@asynccontextmanager
async def _locked(collection: Any, *ids: str) -> AsyncIterator[None]:
    """Lock these documents with a transaction, until the context ends."""
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
    async with asyncio.timeout(_SOON_SECONDS), writing(world) as ours:
        async with _locked(world.inbox, *locked):
            ours.add_each(ids)
            await ours.writer.flush()
            assert ours.written == set(ids) - locked
            assert ours.writer.blocked == len(locked)
            assert await world.delivered(ids) == ours.written
            # The next acks do not wait for those that are known to be blocked.
            later = await world.create("ben")
            ours.add_each(later, "ben")
            await ours.writer.flush()
            assert ours.writer.oldest_seconds > 0
        await world.all_delivered(ids)
        await eventually(lambda: _is(ours.written == {*ids, *later}))
        assert ours.writer.oldest_seconds == 0
        assert sorted(ours.told()) == sorted([*ids, *later])
        owed = world.mongo[world.settings.mongo_database][COLLECTION]
        assert await owed.count_documents({"run": {"$exists": True}}) > 0
        ours.confirm()
        await world.all_receipts_confirmed()


async def test_a_document_that_can_never_be_written_delays_only_its_own_ack(world: World) -> None:
    documents = [world.document("ana") for _ in range(50)]
    await world.inbox.insert_many(documents)
    ids = [document["_id"] for document in documents]
    database = world.mongo[world.settings.mongo_database]
    await database.command("collMod", world.inbox.name, validator={"_id": {"$ne": ids[7]}})
    not_text = "\ud800"  # a lone surrogate, which cannot be encoded
    async with asyncio.timeout(_SOON_SECONDS), writing(world) as ours:
        ours.add_each([*ids, not_text])
        await ours.writer.flush()
        assert ours.written == set(ids) - {ids[7]}
        assert ours.writer.blocked == 2
        await database.command("collMod", world.inbox.name, validator={})
        await world.all_delivered(ids)
        await eventually(lambda: _is(ours.written == set(ids)))
        assert sorted(ours.told()) == sorted(ids)


async def test_a_locked_owed_receipt_delays_no_deletion_of_others(world: World) -> None:
    async with asyncio.timeout(_SOON_SECONDS), writing(world) as ours:
        collection = world.mongo[world.settings.mongo_database][COLLECTION]
        notes = [OwedNote(ours.owed, 1) for _ in range(3)]
        for note in notes:
            await note.store([Delivered("ana", ["1"], 1)], [0])
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
            # The user of the locked document is still served, and the offset does not wait for the
            # document.
            await world.all_delivered(await world.create(first.user))
            await world.all_committed()
            assert await world.delivered([blocked]) == set()
        await world.all_delivered([blocked])
        await world.all_committed()


async def _is(value: bool) -> bool:
    return value
