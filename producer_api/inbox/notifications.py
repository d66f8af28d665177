"""The collection of notifications: the only file that reads it and marks on it for this program."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import DESCENDING, ReturnDocument

from producer_api.contract.notification import Document
from producer_api.inbox.indexes import INDEXES, UNREAD
from producer_api.inbox.marks import Marks


class Listed(StrEnum):
    """Which notifications a list shows. `all` is the feed: archived ones have left it."""

    ALL = "all"
    UNREAD = "unread"
    UNSEEN = "unseen"
    ARCHIVED = "archived"


_PREDICATES: dict[Listed, dict[str, Any]] = {
    Listed.ALL: {"archived_at": None},
    Listed.UNREAD: {"archived_at": None, "read_at": None},
    Listed.UNSEEN: {"archived_at": None, "seen_at": None},
    Listed.ARCHIVED: {"archived_at": {"$ne": None}},
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What the badge shows: neither archived, nor expired, nor superseded ones count."""

    unread_count: int
    unseen_count: int


class Notifications:
    """Reads and marks notifications. Every method raises `pymongo.errors.PyMongoError`."""

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make the indexes that are missing."""
        await self._collection.create_indexes(INDEXES)

    async def find(self, notification_id: str) -> Document | None:
        """The notification of this id."""
        found: Document | None = await self._collection.find_one({"_id": notification_id})
        return found

    async def find_many(self, ids: list[str]) -> dict[str, Document]:
        """Those of these notifications that exist, by id."""
        cursor = self._collection.find({"_id": {"$in": ids}})
        return {document["_id"]: document async for document in cursor}

    async def page(
        self, user_id: str, listed: Listed, *, now: datetime, after: str | None, limit: int
    ) -> list[Document]:
        """At most `limit` notifications of the user, newest first, older than the id `after`."""
        query = {"user_id": user_id, "superseded_by": None, **_PREDICATES[listed], **_alive(now)}
        if after is not None:
            query["_id"] = {"$lt": after}
        cursor = self._collection.find(query).sort("_id", DESCENDING).limit(limit)
        documents: list[Document] = await cursor.to_list(limit)
        return documents

    async def counts(self, user_id: str, now: datetime) -> Counts:
        """How many of the user's notifications are unread, and how many unseen."""
        unseen = {"$cond": [{"$eq": ["$seen_at", None]}, 1, 0]}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"user_id": user_id, **UNREAD, **_alive(now)}},
            {"$group": {"_id": None, "unread": {"$sum": 1}, "unseen": {"$sum": unseen}}},
        ]
        async for sums in self._collection.aggregate(pipeline):
            return Counts(sums["unread"], sums["unseen"])
        return Counts(0, 0)

    async def mark(
        self, user_id: str, notification_id: str, marks: Marks, now: datetime
    ) -> Document | None:
        """Mark one of the user's notifications; None where the user has none of this id."""
        marked: Document | None = await self._collection.find_one_and_update(
            {"_id": notification_id, "user_id": user_id},
            marks.update(now),
            return_document=ReturnDocument.AFTER,
        )
        return marked

    async def mark_all_read(self, user_id: str, now: datetime) -> None:
        """Mark all the user's notifications as read, in one update."""
        unread = {"user_id": user_id, **UNREAD}
        await self._collection.update_many(unread, Marks(read=True).update(now))


def _alive(now: datetime) -> dict[str, Any]:
    return {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}
