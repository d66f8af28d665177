"""The collection `inbox_turns`: one document per user, which orders the changes of that inbox.

The document also holds the user's counters; `counts/inbox_counts.py` owns those fields.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReturnDocument, UpdateOne
from pymongo.errors import CollectionInvalid

COLLECTION = "inbox_turns"

# MongoDB's clock, because all processes share it. The maximum keeps two changes of a user from
# getting the same moment.
_NEXT_MOMENT = [{"$set": {"at": {"$max": ["$$NOW", {"$add": ["$at", 1]}]}}}]


class Turns:
    """Gives each change of an inbox its moment, in whole milliseconds, which rise for each user.

    If two transactions take the same user's turn, the later one fails with a transient error and is
    retried after the first has ended. So each change sees the effects of the one before. Otherwise,
    two changes that mark different notifications would each count the other's as unread.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the collection.

        It must exist before the first request, because a snapshot cannot read a collection that is
        newer than the snapshot.
        """
        with suppress(CollectionInvalid):  # it exists already
            await self._collection.database.create_collection(self._collection.name)

    async def take(self, user_id: str, session: AsyncIOMotorClientSession) -> datetime:
        """Take the user's turn in the session's transaction, and return its moment."""
        turn = await self._collection.find_one_and_update(
            {"_id": user_id},
            _NEXT_MOMENT,
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        moment: datetime = turn["at"]
        return moment

    async def take_all(
        self, user_ids: Iterable[str], session: AsyncIOMotorClientSession
    ) -> dict[str, datetime]:
        """Take the turns of several users, and return the moment of each."""
        # Sorted, so that two transactions with common users cannot make each other fail: the one
        # that takes the first common user also gets the others.
        ordered = sorted(user_ids)
        takes = [UpdateOne({"_id": user_id}, _NEXT_MOMENT, upsert=True) for user_id in ordered]
        await self._collection.bulk_write(takes, session=session)
        turns = self._collection.find({"_id": {"$in": ordered}}, {"at": 1}, session=session)
        return {turn["_id"]: turn["at"] async for turn in turns}

    async def forget(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Delete the user's document. Later moments still rise, because they follow the clock."""
        await self._collection.delete_one({"_id": user_id}, session=session)
