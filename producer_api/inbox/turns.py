"""The collection `inbox_turns`: one document per user, by which changes of an inbox take turns; it
holds the user's counters too.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReturnDocument
from pymongo.errors import CollectionInvalid

from producer_api.inbox.counting import Counts

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

    async def adjust(
        self, user_id: str, difference: Counts, session: AsyncIOMotorClientSession
    ) -> None:
        """Change the user's counters by this much, in the turn that the session's transaction has
        taken. Raises `pymongo.errors.PyMongoError`.
        """
        if any(difference):
            change = {"unread": difference.unread_count, "unseen": difference.unseen_count}
            await self._collection.update_one({"_id": user_id}, {"$inc": change}, session=session)

    async def counters(self, user_id: str, session: AsyncIOMotorClientSession) -> Counts:
        """The user's counters, as the session sees them. Raises `pymongo.errors.PyMongoError`."""
        turn = await self._collection.find_one({"_id": user_id}, session=session) or {}
        return Counts(turn.get("unread", 0), turn.get("unseen", 0))
