"""The collection `inbox_turns`: one document per user, by which changes of an inbox take turns; it
holds the user's counters too.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import CollectionInvalid

from producer_api.inbox.counts.rules import Counts

COLLECTION = "inbox_turns"

# MongoDB's clock, not ours: one for all processes. Two changes never have the same moment.
_NEXT_MOMENT = [{"$set": {"at": {"$max": ["$$NOW", {"$add": ["$at", 1]}]}}}]


class Turns:
    """Gives each change of an inbox its moment, in whole milliseconds, rising per user.

    Of two transactions that take the same user's turn, the later to do so fails as transient, and
    begins anew when the first has ended. So each sees what the one before it did: without this, two
    that mark different notifications would both count the other's as unread.

    Keeps the counters too: how many of the user's folded notifications are unread, and unseen. They
    change in the turn, and the transaction, that changes those notifications.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make the collection: no snapshot is to be older than it. Raises
        `pymongo.errors.PyMongoError`.
        """
        with suppress(CollectionInvalid):  # it is there
            await self._collection.database.create_collection(self._collection.name)

    async def take(self, user_id: str, session: AsyncIOMotorClientSession) -> datetime:
        """The moment of this change. Raises `pymongo.errors.PyMongoError`."""
        turn = await self._collection.find_one_and_update(
            {"_id": user_id},
            _NEXT_MOMENT,
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        moment: datetime = turn["at"]
        return moment

    async def forget(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Delete what there is of the user here; later moments rise all the same, by the clock.
        Raises `pymongo.errors.PyMongoError`.
        """
        await self._collection.delete_one({"_id": user_id}, session=session)

    async def take_all(
        self, user_ids: Iterable[str], session: AsyncIOMotorClientSession
    ) -> dict[str, datetime]:
        """Several users' turns at once, each its moment. Raises `pymongo.errors.PyMongoError`."""
        # In one order for all: of two transactions with users in common, one gets them all.
        names = sorted(user_ids)
        takes = [UpdateOne({"_id": name}, _NEXT_MOMENT, upsert=True) for name in names]
        await self._collection.bulk_write(takes, session=session)
        taken = self._collection.find({"_id": {"$in": names}}, {"at": 1}, session=session)
        return {turn["_id"]: turn["at"] async for turn in taken}

    async def adjust(
        self, user_id: str, difference: Counts, session: AsyncIOMotorClientSession
    ) -> None:
        """Change the user's counters by this much, in the turn that the session's transaction has
        taken. Raises `pymongo.errors.PyMongoError`.
        """
        if any(difference):
            change = {"unread": difference.unread_count, "unseen": difference.unseen_count}
            await self._collection.update_one({"_id": user_id}, {"$inc": change}, session=session)

    async def counters(
        self, user_ids: Collection[str], session: AsyncIOMotorClientSession
    ) -> dict[str, Counts]:
        """These users' counters, as the session sees them. Raises `pymongo.errors.PyMongoError`."""
        counters = dict.fromkeys(user_ids, Counts(0, 0))
        async for turn in self._collection.find({"_id": {"$in": list(user_ids)}}, session=session):
            counters[turn["_id"]] = Counts(turn.get("unread", 0), turn.get("unseen", 0))
        return counters
