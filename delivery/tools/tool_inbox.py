"""The tools' access to the inbox: finds notifications, and makes them owed again."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorCollection

from delivery.inbox import Inbox
from producer_api.contract.ids import floor_id
from producer_api.contract.known_topic import COLLECTION as TOPICS
from producer_api.contract.known_topic import KnownTopic
from producer_api.contract.notification import COLLECTION, OWED, OWED_INDEX, PRESENT, Document

#: MongoDB refuses a query of more than 16 MB, and so one with 400,000 ids.
_IDS_PER_QUERY = 1_000


class Backlog(NamedTuple):
    """The number and the oldest of the notifications that a user is owed."""

    user: str
    owed: int
    oldest: str
    """The id of the oldest one."""


class ToolInbox:
    """Reads and repairs notifications. Every method raises `pymongo.errors.PyMongoError`."""

    def __init__(self, inbox: Inbox) -> None:
        self._notifications: AsyncIOMotorCollection[Any] = inbox.database[COLLECTION]
        self._topics = inbox.database[TOPICS]

    async def find(self, ids: Collection[str]) -> dict[str, Document]:
        """Return the stored notifications among these ids, by id."""
        found: dict[str, Document] = {}
        for chosen in _in_portions(ids):
            documents = self._notifications.find({"_id": {"$in": chosen}})
            found |= {document["_id"]: document async for document in documents}
        return found

    async def pushable(
        self, user: str, since: datetime, until: datetime, most: int = 0
    ) -> list[Document]:
        """Return notifications created in [`since`, `until`) that may be pushed, oldest first.

        Returns at most `most` notifications, or all if it is 0.
        """
        now = datetime.now(UTC)
        cursor = self._notifications.find(
            {
                "user_id": user,
                "_id": {"$gte": _floor(since), "$lt": _floor(until)},
                **PRESENT,
                "archived_at": None,
                "$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}],
            }
        )
        documents: list[Document] = await cursor.sort("_id", 1).limit(most).to_list(None)
        return documents

    async def owe_again(self, ids: Sequence[str]) -> None:
        """Mark these notifications as not delivered."""
        for chosen in _in_portions(ids):
            await self._notifications.update_many(
                {"_id": {"$in": chosen}}, {"$set": {"delivered_at": None}}
            )

    async def unmark_dead_lettered(self, ids: Sequence[str]) -> None:
        """Remove the dead-letter mark of notifications whose records have been published again."""
        await self._notifications.update_many(
            {"_id": {"$in": list(ids)}}, {"$unset": {"dead_lettered_at": ""}}
        )

    async def first_partitions(self, topic: str) -> int | None:
        """Return how many partitions the topic had at the first start; None before that."""
        return await KnownTopic(self._topics, topic).first_partitions()

    async def owed_between(self, since: datetime, until: datetime) -> list[tuple[str, str]]:
        """Return id and user of the owed notifications created in [`since`, `until`), in order."""
        ids = {"$gte": _floor(since), "$lt": _floor(until)}
        documents = self._notifications.find({"_id": ids, **OWED}, projection=["user_id"])
        found = [(document["_id"], document["user_id"]) async for document in documents]
        return sorted(found)

    async def owed_by_user(self) -> list[Backlog]:
        """Return the backlog of each user, the longest wait first. Reads only the index `owed`."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {**OWED}},
            {"$group": {"_id": "$user_id", "owed": {"$sum": 1}, "oldest": {"$min": "$_id"}}},
            {"$sort": {"oldest": 1}},
        ]
        users = self._notifications.aggregate(pipeline, hint=OWED_INDEX, allowDiskUse=True)
        return [
            Backlog(user["_id"], user["owed"], user["oldest"])
            async for user in users
            if isinstance(user["_id"], str)  # else it is damaged, and owed to nobody
        ]


def _in_portions(ids: Collection[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while portion := list(islice(remaining, _IDS_PER_QUERY)):
        yield portion


def _floor(moment: datetime) -> str:
    return floor_id(max(0, int(moment.timestamp() * 1000)))
