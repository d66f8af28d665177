"""The collection of notifications: the only file that reads it and marks on it for this program."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, UpdateOne

from producer_api.contract.notification import Document
from producer_api.inbox.indexes import INDEXES, UNREAD
from producer_api.inbox.marks import Changes


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


class Counts(NamedTuple):
    """What the badge shows: neither archived, nor expired, nor superseded ones count."""

    unread_count: int
    unseen_count: int


class Notifications:
    """Reads notifications, and writes marks in a session's transaction.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make the indexes that are missing."""
        await self._collection.create_indexes(INDEXES)

    async def find(self, notification_id: str) -> Document | None:
        """The notification of this id."""
        found: Document | None = await self._collection.find_one({"_id": notification_id})
        return found

    async def find_many(
        self, ids: list[str], session: AsyncIOMotorClientSession | None = None
    ) -> dict[str, Document]:
        """Those of these notifications that exist, by id."""
        cursor = self._collection.find({"_id": {"$in": ids}}, session=session)
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

    async def counts(
        self, user_id: str, now: datetime, session: AsyncIOMotorClientSession | None = None
    ) -> Counts:
        """How many of the user's notifications are unread, and how many unseen."""
        unseen = {"$cond": [{"$eq": ["$seen_at", None]}, 1, 0]}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"user_id": user_id, **UNREAD, **_alive(now)}},
            {"$group": {"_id": None, "unread": {"$sum": 1}, "unseen": {"$sum": unseen}}},
        ]
        async for sums in self._collection.aggregate(pipeline, session=session):
            return Counts(sums["unread"], sums["unseen"])
        return Counts(0, 0)

    async def find_of(
        self, user_id: str, notification_id: str, session: AsyncIOMotorClientSession
    ) -> Document | None:
        """The user's notification of this id; None where the user has none."""
        of_user = {"_id": notification_id, "user_id": user_id}
        found: Document | None = await self._collection.find_one(of_user, session=session)
        return found

    async def oldest_unread(
        self, user_id: str, after: str, limit: int, session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """The user's oldest unread notifications newer than the id `after`, oldest first; only
        their marks. Expired ones are among them.
        """
        query = {"user_id": user_id, "_id": {"$gt": after}, **UNREAD}
        marks = {"seen_at": 1, "read_at": 1, "archived_at": 1}
        cursor = self._collection.find(query, marks, session=session)
        oldest: list[Document] = await cursor.sort("_id", ASCENDING).limit(limit).to_list(limit)
        return oldest

    async def oldest(
        self, user_id: str, limit: int, session: AsyncIOMotorClientSession
    ) -> list[str]:
        """The ids of the user's oldest notifications, whatever became of them, oldest first."""
        cursor = self._collection.find({"user_id": user_id}, {"_id": 1}, session=session)
        found = await cursor.sort("_id", ASCENDING).limit(limit).to_list(limit)
        return [document["_id"] for document in found]

    async def delete(self, ids: list[str], session: AsyncIOMotorClientSession) -> None:
        """Delete these."""
        await self._collection.delete_many({"_id": {"$in": ids}}, session=session)

    async def change(
        self, notification_id: str, changes: Changes, session: AsyncIOMotorClientSession
    ) -> None:
        """Write these fields of the notification."""
        await self._collection.update_one(
            {"_id": notification_id}, {"$set": changes}, session=session
        )

    async def read(self, ids: list[str], at: datetime, session: AsyncIOMotorClientSession) -> None:
        """Mark these as read, and so as seen, in one update."""
        read = {"read_at": at, "seen_at": {"$ifNull": ["$seen_at", at]}}
        await self._collection.update_many({"_id": {"$in": ids}}, [{"$set": read}], session=session)

    async def standing(
        self, keys: Mapping[str, set[str]], session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """By user, those of these collapse keys that nothing has superseded; only their marks."""
        wanted = [
            {"user_id": user_id, "collapse_key": {"$in": sorted(names)}, "superseded_by": None}
            for user_id, names in keys.items()
        ]
        marks = {"seen_at": 1, "read_at": 1, "archived_at": 1}
        fields = {"user_id": 1, "collapse_key": 1, "folded": 1, **marks}
        # Chosen here: for a user without any, MongoDB would as soon walk the list of another.
        found = self._collection.find({"$or": wanted}, fields, hint="standing", session=session)
        documents: list[Document] = await found.to_list(None)
        return documents

    async def supersede(
        self, superseded: Iterable[Document], session: AsyncIOMotorClientSession
    ) -> None:
        """Write the `superseded_by` of each."""
        writes = [
            UpdateOne({"_id": each["_id"]}, {"$set": {"superseded_by": each["superseded_by"]}})
            for each in superseded
        ]
        await self._collection.bulk_write(writes, ordered=False, session=session)


def _alive(now: datetime) -> dict[str, Any]:
    return {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}
