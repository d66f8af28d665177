"""The collection of notifications, as changes of an inbox need it: what they find, mark and count.

`lists.py` and `folding.py` beside it read and write the rest.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, UpdateOne

from producer_api.contract.notification import Document
from producer_api.inbox.changes.mark_rules import Changes, Marks
from producer_api.inbox.counts.rules import COUNTED_FIELDS, Counts, Tally
from producer_api.inbox.delivery_status import alive
from producer_api.inbox.indexes import (
    ALL_UNREAD,
    ALL_UNSEEN,
    INDEXES,
    OBSOLETE_INDEXES,
    UNREAD,
    UNREAD_INDEX,
    drop_index,
)
from producer_api.inbox.turns import Turns


class Span(NamedTuple):
    """Ids from one to another; None is all that follow."""

    begin: str
    end: str | None


class Notifications:
    """Reads notifications, and writes marks in a session's transaction.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any], turns: Turns) -> None:
        self._collection = collection
        self._turns = turns

    async def prepare(self) -> None:
        """Make the indexes that are missing, and drop those that nothing uses any more."""
        await self._collection.create_indexes(INDEXES)
        for name in OBSOLETE_INDEXES:
            await drop_index(self._collection, name)

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

    async def counts(
        self, user_id: str, now: datetime, session: AsyncIOMotorClientSession
    ) -> Counts:
        """How many of the user's notifications are unread, and how many unseen; exact, as the
        session's transaction or snapshot has both halves of one moment.
        """
        return (await self.tally(user_id, now, session)).counts

    async def tally(self, user_id: str, now: datetime, session: AsyncIOMotorClientSession) -> Tally:
        """The counts, and how many of those that were counted one by one could fold."""
        return (await self.tallies([user_id], now, session))[user_id]

    async def tallies(
        self, user_ids: Collection[str], now: datetime, session: AsyncIOMotorClientSession
    ) -> dict[str, Tally]:
        """The same of several users at once."""
        counters = await self._turns.counters(user_ids, session)
        tallies = {user_id: Tally(counts, 0) for user_id, counts in counters.items()}
        query = {"user_id": {"$in": sorted(user_ids)}, "folded": None, **UNREAD, **alive(now)}
        sums: dict[str, Any] = {
            "_id": "$user_id",
            "unread": {"$sum": 1},
            "unseen": {"$sum": {"$cond": [{"$eq": ["$seen_at", None]}, 1, 0]}},
            "foldable": {"$sum": {"$cond": [{"$eq": ["$expires_at", None]}, 1, 0]}},
        }
        pipeline = [{"$match": query}, {"$group": sums}]
        found = self._collection.aggregate(pipeline, hint=UNREAD_INDEX, session=session)
        async for each in found:
            unread, unseen = counters[each["_id"]]
            counts = Counts(unread + each["unread"], unseen + each["unseen"])
            tallies[each["_id"]] = Tally(counts, each["foldable"])
        return tallies

    async def find_of(
        self, user_id: str, notification_id: str, session: AsyncIOMotorClientSession
    ) -> Document | None:
        """The user's notification of this id; None where the user has none."""
        of_user = {"_id": notification_id, "user_id": user_id}
        found: Document | None = await self._collection.find_one(of_user, session=session)
        return found

    async def oldest_unmarked(
        self,
        user_id: str,
        marks: Marks,
        within: Span,
        limit: int,
        session: AsyncIOMotorClientSession,
    ) -> list[Document]:
        """The user's oldest notifications that are not marked so, read or seen, from the id
        `within.begin` to `within.end`, oldest first; only what says how they count. Expired ones
        are among them.
        """
        ids = {"$gte": within.begin} | ({} if within.end is None else {"$lte": within.end})
        unmarked = ALL_UNREAD if marks.read else ALL_UNSEEN
        query = {"user_id": user_id, "_id": ids, **unmarked}
        return await self._first_by_id(query, UNREAD_INDEX, limit, session)

    async def first_unseen(
        self, user_id: str, now: datetime, session: AsyncIOMotorClientSession
    ) -> str | None:
        """The id of the user's oldest unseen notification; None where nothing is unseen.

        Goes from the newest back to that one, and no further: as many as are counted. However many
        older ones are unread, none of them is looked at.
        """
        unseen = (await self.counts(user_id, now, session)).unseen_count
        if not unseen:
            return None
        pipeline: list[dict[str, Any]] = [
            {"$match": {"user_id": user_id, **ALL_UNSEEN, **alive(now)}},
            {"$sort": {"_id": DESCENDING}},
            {"$limit": unseen},
            {"$group": {"_id": None, "first": {"$min": "$_id"}}},
        ]
        found = self._collection.aggregate(pipeline, hint=UNREAD_INDEX, session=session)
        return next((each["first"] for each in await found.to_list(1)), None)

    async def oldest(
        self, user_id: str, limit: int, session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """The user's oldest notifications, whatever became of them, oldest first; only what says
        how they count.
        """
        return await self._first_by_id({"user_id": user_id}, None, limit, session)

    async def _first_by_id(
        self,
        query: dict[str, Any],
        index: str | None,
        limit: int,
        session: AsyncIOMotorClientSession,
    ) -> list[Document]:
        found = self._collection.find(query, COUNTED_FIELDS, hint=index, session=session)
        first: list[Document] = await found.sort("_id", ASCENDING).limit(limit).to_list(limit)
        return first

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

    async def mark(
        self, ids: list[str], marks: Marks, at: datetime, session: AsyncIOMotorClientSession
    ) -> None:
        """Mark these, none of which is, as seen, or as read and so as seen; in one update."""
        marked: dict[str, Any] = {"seen_at": {"$ifNull": ["$seen_at", at]}}
        if marks.read:
            marked["read_at"] = at
        write = [{"$set": marked}]
        await self._collection.update_many({"_id": {"$in": ids}}, write, session=session)

    async def standing(
        self, keys: Mapping[str, set[str]], session: AsyncIOMotorClientSession
    ) -> list[Document]:
        """By user, those of these collapse keys that nothing has superseded: one of each, beside
        what the session's transaction has inserted. Only what says how they count.
        """
        wanted = [
            {"user_id": user_id, "collapse_key": {"$in": sorted(names)}, "superseded_by": None}
            for user_id, names in keys.items()
        ]
        fields = {"user_id": 1, "collapse_key": 1, **COUNTED_FIELDS}
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
