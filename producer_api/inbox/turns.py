"""The collection `inbox_turns`: one document per user, which orders the changes of that inbox.

The document also holds the user's counters; `counts/inbox_counts.py` owns those fields.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ReturnDocument, UpdateOne

from producer_api.mongodb.collections import create_missing

COLLECTION = "inbox_turns"

# Use MongoDB's clock, because all processes share it. `$max` prevents two changes of a user from
# getting the same moment.
# A damaged moment (not a time, or beyond the year 9000) counts as missing. Otherwise, each batch
# with a create for this user would fail.
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_LAST = {"$and": [{"$eq": [{"$type": "$at"}, "date"]}, {"$lt": ["$at", _LATEST]}]}
_NEXT_MOMENT = [
    {"$set": {"at": {"$max": ["$$NOW", {"$cond": [_LAST, {"$add": ["$at", 1]}, "$$NOW"]}]}}}
]


class Turns:
    """Gives each change of an inbox a moment, later than those of the same user's earlier changes.

    Moments are in whole milliseconds. If two transactions take the same user's turn, the second
    fails with a transient error, and is retried after the first has ended. So each change sees the
    effects of the previous one. Otherwise, if two changes marked different notifications, each
    would count the other's notification as unread.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the collection.

        It must exist before the first request, because a snapshot cannot read a collection that is
        newer than the snapshot.
        """
        await create_missing(self._collection)

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
        # Take them in sorted order, so that two transactions cannot make each other fail. The one
        # that takes the turn of their first common user also gets the turns of the others.
        ordered = sorted(user_ids)
        if len(ordered) == 1:  # one command instead of two
            return {user_id: await self.take(user_id, session) for user_id in ordered}
        takes = [UpdateOne({"_id": user_id}, _NEXT_MOMENT, upsert=True) for user_id in ordered]
        await self._collection.bulk_write(takes, session=session)
        turns = self._collection.find({"_id": {"$in": ordered}}, {"at": 1}, session=session)
        return {turn["_id"]: turn["at"] async for turn in turns}

    async def forget(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Delete the user's document. The next moment is still later, as it follows the clock."""
        await self._collection.delete_one({"_id": user_id}, session=session)
