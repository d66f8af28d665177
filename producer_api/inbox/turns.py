"""The collection `inbox_turns`: one document per user, by which changes of an inbox take turns."""

from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReturnDocument

COLLECTION = "inbox_turns"

# MongoDB's clock, not ours: one for all processes. Two changes never have the same moment.
_NEXT_MOMENT = [{"$set": {"at": {"$max": ["$$NOW", {"$add": ["$at", 1]}]}}}]


class Turns:
    """Gives each change of an inbox its moment, in whole milliseconds, rising per user.

    Of two transactions that take the same user's turn, the later to do so fails as transient, and
    begins anew when the first has ended. So each sees what the one before it did: without this, two
    that mark different notifications would both count the other's as unread.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

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
