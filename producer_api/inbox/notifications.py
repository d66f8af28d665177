"""The queries and updates of the collection `notifications` that change an inbox.

`lists.py` and `counts/` read lists and counts from it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.read_concern import ReadConcern

from producer_api.contract.notification import PRESENT, Document
from producer_api.inbox.counts.rules import COUNTED_FIELDS
from producer_api.inbox.delivery_status import unexpired
from producer_api.inbox.indexes import (
    ALL_UNREAD,
    ALL_UNSEEN,
    INDEXES,
    OBSOLETE_INDEXES,
    STANDING_INDEX,
    UNREAD_INDEX,
    drop_index,
)
from producer_api.inbox.marks import MarkChange

_BY_ID = "_id_"


class IdRange(NamedTuple):
    """A range of notification ids, both ends included. An `end` of None leaves it open."""

    begin: str
    end: str | None


class Notifications:
    """Finds notifications, and changes them in the transaction of a session.

    Queries include the user's id wherever the caller knows it, even beside a notification's id. A
    sharded MongoDB then asks only the shard with the user's inbox (docs/capacity.md).

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection
        # This collection also reads what is not known to be on a majority yet. A new primary has
        # all notifications that were created before, but may not know yet that a majority has them.
        self._latest = collection.with_options(read_concern=ReadConcern("local"))

    async def prepare(self) -> None:
        """Create the missing indexes, and drop the obsolete ones."""
        await self._collection.create_indexes(INDEXES)
        for name in OBSOLETE_INDEXES:
            await drop_index(self._collection, name)

    async def find(self, notification_id: str) -> Document | None:
        """Return the notification with this id, or None."""
        document: Document | None = await self._latest.find_one({"_id": notification_id})
        return document

    async def find_many(self, ids: list[str]) -> dict[str, Document]:
        """Return the notifications with these ids, by id. Leaves out those that do not exist."""
        # The relay takes a missing notification for an erased one, and never publishes it. So this
        # read must not miss any. It may see an erasure that a new primary rolls back. But then the
        # caller of the erasure got no 204, and repeats it.
        cursor = self._latest.find({"_id": {"$in": ids}})
        return {document["_id"]: document async for document in cursor}

    async def find_those_of(
        self, user_ids: list[str], ids: list[str], session: AsyncIOMotorClientSession
    ) -> dict[str, Document]:
        """Return those of the notifications with these ids that are of these users, by id."""
        # Name the index. MongoDB might look up each id for each user in the index `list` instead.
        query = {"_id": {"$in": ids}, "user_id": {"$in": user_ids}}
        cursor = self._collection.find(query, hint=_BY_ID, session=session)
        return {document["_id"]: document async for document in cursor}

    async def find_of(
        self, user_id: str, notification_id: str, session: AsyncIOMotorClientSession
    ) -> Document | None:
        """Return the user's notification with this id, or None."""
        query = {"_id": notification_id, "user_id": user_id}
        document: Document | None = await self._collection.find_one(query, session=session)
        return document

    async def oldest(
        self, user_id: str, limit: int, session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """Return the user's oldest notifications of any status, oldest first.

        The documents have only the fields in `COUNTED_FIELDS`.
        """
        return await self._first_by_id({"user_id": user_id}, None, limit, session)

    async def oldest_unmarked(
        self,
        user_id: str,
        marks: MarkChange,
        within: IdRange,
        limit: int,
        now: datetime,
        session: AsyncIOMotorClientSession,
    ) -> list[Document]:
        """Return the user's oldest notifications in the range without the mark that `marks` sets.

        These are the unread notifications, expired or not, if `marks.read`; otherwise the unseen,
        unexpired ones. Oldest first, with only the fields in `COUNTED_FIELDS`.
        """
        ids = {"$gte": within.begin} | ({} if within.end is None else {"$lte": within.end})
        # Consumers of `seen_up_to` leave expired notifications unseen.
        unmarked = ALL_UNREAD if marks.read else ALL_UNSEEN | unexpired(now)
        query = {"user_id": user_id, "_id": ids, **unmarked}
        return await self._first_by_id(query, UNREAD_INDEX, limit, session)

    async def first_unseen(
        self, user_id: str, unseen_count: int, now: datetime, session: AsyncIOMotorClientSession
    ) -> str | None:
        """Return the id of the user's oldest unseen, unexpired notification; None if none is left.

        `unseen_count` is the user's count in the same transaction. The search reads the index from
        the newest notification back, and stops after `unseen_count` matches. So it skips older
        notifications, many of which may be unread but seen.
        """
        if not unseen_count:
            return None
        pipeline: list[dict[str, Any]] = [
            {"$match": {"user_id": user_id, **ALL_UNSEEN, **unexpired(now)}},
            {"$sort": {"_id": DESCENDING}},
            {"$limit": unseen_count},
            {"$group": {"_id": None, "first": {"$min": "$_id"}}},
        ]
        cursor = self._collection.aggregate(pipeline, hint=UNREAD_INDEX, session=session)
        return next((group["first"] for group in await cursor.to_list(1)), None)

    async def _first_by_id(
        self,
        query: dict[str, Any],
        index: str | None,
        limit: int,
        session: AsyncIOMotorClientSession,
    ) -> list[Document]:
        cursor = self._collection.find(query, COUNTED_FIELDS, hint=index, session=session)
        first: list[Document] = await cursor.sort("_id", ASCENDING).limit(limit).to_list(limit)
        return first

    async def change(
        self,
        user_id: str,
        notification_id: str,
        fields: Mapping[str, Any],
        session: AsyncIOMotorClientSession,
    ) -> None:
        """Set these fields of the user's notification."""
        query = {"_id": notification_id, "user_id": user_id}
        await self._collection.update_one(query, {"$set": fields}, session=session)

    async def mark(
        self,
        user_id: str,
        ids: list[str],
        marks: MarkChange,
        at: datetime,
        session: AsyncIOMotorClientSession,
    ) -> None:
        """Mark these notifications of the user as seen, or as read and seen, in one update.

        Pass only notifications without the new mark. Those to be marked as read can already be
        seen.
        """
        # An aggregation expression, so that each document keeps an existing `seen_at`.
        fields: dict[str, Any] = {"seen_at": {"$ifNull": ["$seen_at", at]}}
        if marks.read:
            fields["read_at"] = at
        query, update = {"_id": {"$in": ids}, "user_id": user_id}, [{"$set": fields}]
        await self._collection.update_many(query, update, hint=_BY_ID, session=session)

    async def chosen(
        self, user_id: str, ids: list[str], session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """Return the user's notifications with these ids that are not superseded or removed.

        They are in the order of their ids, and have only the fields in `COUNTED_FIELDS`.
        """
        # Name the index. MongoDB might read the whole inbox in the index `list` instead.
        query = {"_id": {"$in": ids}, "user_id": user_id, **PRESENT}
        cursor = self._collection.find(query, COUNTED_FIELDS, hint=_BY_ID, session=session)
        documents: list[Document] = await cursor.sort("_id", ASCENDING).to_list(len(ids))
        return documents

    async def standing(
        self, keys: Mapping[str, set[str]], session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """Return the standing notifications with these collapse keys.

        `keys` has the collapse keys of each user. The result has at most one notification
        for each user and key, plus those that the session's transaction has just inserted. The
        documents have only the fields that counting and superseding need.
        """
        conditions = [
            {
                "user_id": user_id,
                "collapse_key": {"$in": sorted(user_keys)},
                **PRESENT,
                "_id": {"$type": "string"},  # clients could not use a damaged id
            }
            for user_id, user_keys in keys.items()
        ]
        fields = {"user_id": 1, "collapse_key": 1, **COUNTED_FIELDS}
        # Name the index. If a user has no such notification, MongoDB may choose the index `list`
        # instead, and would then read all notifications of the other users.
        query = {"$or": conditions}
        cursor = self._collection.find(query, fields, hint=STANDING_INDEX, session=session)
        documents: list[Document] = await cursor.to_list(None)
        return documents

    async def supersede(
        self, superseded: Iterable[Document], session: AsyncIOMotorClientSession
    ) -> None:
        """Write the `superseded_by` of these documents to the collection."""
        updates = [
            UpdateOne(
                {"_id": document["_id"], "user_id": document["user_id"]},
                {"$set": {"superseded_by": document["superseded_by"]}},
            )
            for document in superseded
        ]
        await self._collection.bulk_write(updates, ordered=False, session=session)

    async def delete(
        self, user_id: str, ids: list[str], session: AsyncIOMotorClientSession
    ) -> None:
        """Delete these notifications of the user."""
        query = {"_id": {"$in": ids}, "user_id": user_id}
        await self._collection.delete_many(query, hint=_BY_ID, session=session)
