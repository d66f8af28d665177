"""The inbox in MongoDB, as delivery reads and updates it."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import WriteConcern

from delivery.core.record import OwedNotification
from producer_api.contract.notification import COLLECTION, OWED, Document, public_json
from runtime.writes_apart import raise_write_errors

_log = logging.getLogger(__name__)

_SELECTION_TIMEOUT_MS = 3_000
_SOCKET_TIMEOUT_MS = 10_000
#: A write fails if a majority does not confirm it in time. The caller then tries it again.
_MAJORITY = WriteConcern(w="majority", wtimeout=_SOCKET_TIMEOUT_MS)


class ExpiredNotification(NamedTuple):
    """A notification that expired undelivered."""

    id: str
    user: str
    expires_at: datetime


class ExpiryPosition(NamedTuple):
    """A position in the order of expiry: by time, then by id."""

    at: datetime
    id: str = ""


class Inbox:
    """Owns the connection to MongoDB, and reads from the primary.

    Every coroutine may raise `pymongo.errors.PyMongoError`.
    """

    def __init__(self, url: str, database: str) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            tz_aware=True,
            serverSelectionTimeoutMS=_SELECTION_TIMEOUT_MS,
            socketTimeoutMS=_SOCKET_TIMEOUT_MS,
        )
        #: Also holds delivery's own collections. All writes use majority concern.
        self.database: Any = self._client.get_database(database, write_concern=_MAJORITY)
        self._notifications: AsyncIOMotorCollection[Any] = self.database[COLLECTION]

    async def ping(self) -> None:
        """Check that the primary answers."""
        await self._client.admin.command("ping")

    async def owed(
        self, users: Sequence[str], limit: int
    ) -> list[tuple[str, OwedNotification | None]]:
        """Return the oldest notifications owed to these users, each with its user id.

        Returns at most `limit` in all, sorted by user id. If the limit is reached, the last user's
        list may be cut short, and later users are missing. A notification that cannot be read
        appears as None, because it cannot be pushed.
        """
        cursor = self._notifications.find(
            {"user_id": {"$in": list(users)}, **_owed_now()},
            sort=[("user_id", 1), ("_id", 1)],
            limit=limit,
            batch_size=limit,
        )
        documents = await cursor.to_list(limit)
        return [(document["user_id"], _readable(document)) for document in documents]

    async def still_owed(self, ids: Sequence[str]) -> set[str]:
        """Return which of these notifications are still owed."""
        documents = await self._notifications.find(
            {"_id": {"$in": list(ids)}, **_owed_now()}, projection=["_id"], batch_size=len(ids)
        ).to_list(len(ids))
        return {document["_id"] for document in documents}

    async def mark_delivered(
        self,
        moments: Iterable[tuple[datetime, Sequence[str]]],
        seconds: float = _SOCKET_TIMEOUT_MS / 1000,
    ) -> int:
        """Set `delivered_at` on the notifications that lack it, with majority concern.

        Each time comes with the ids of the notifications that were delivered then. All times
        together take one command. Returns how many notifications lacked `delivered_at`.

        Raises an error after `seconds`: a document that another transaction has locked would let
        the command wait until that transaction ends. Part of the notifications may be written then.
        """
        # The first ack counts. A repeat, or another connection's ack, must not change the time.
        updates = [
            {
                "q": {"_id": {"$in": list(ids)}, "delivered_at": None},
                "u": {"$set": {"delivered_at": moment}},
                "multi": True,
            }
            for moment, ids in moments
        ]
        # Motor's `bulk_write` takes no `maxTimeMS`.
        answer = await self.database.command(
            "update",
            COLLECTION,
            updates=updates,
            ordered=False,
            maxTimeMS=round(seconds * 1000),
            writeConcern=_MAJORITY.document,
        )
        raise_write_errors(answer)
        return int(answer["n"])

    async def owed_by_user(self) -> list[tuple[str, int]]:
        """Return how many notifications each user is owed, including expired ones.

        The query reads only an index.
        """
        pipeline: list[dict[str, Any]] = [
            {"$match": {**OWED}},
            {"$group": {"_id": "$user_id", "owed": {"$sum": 1}}},
        ]
        users = self._notifications.aggregate(pipeline, maxTimeMS=_SOCKET_TIMEOUT_MS)
        return [(user["_id"], user["owed"]) async for user in users]

    async def mark_dead_lettered(self, notification_id: str, user: str, moment: datetime) -> None:
        """Set `dead_lettered_at` if the notification belongs to the user and lacks it."""
        await self._notifications.update_one(
            {"_id": notification_id, "user_id": user, "dead_lettered_at": None},
            {"$set": {"dead_lettered_at": moment}},
        )

    async def superseded(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the ids that were superseded undelivered, each with the id that superseded it."""
        documents = await self._notifications.find(
            {"_id": {"$in": list(ids)}, "superseded_by": {"$ne": None}, "delivered_at": None},
            projection=["superseded_by"],
        ).to_list(len(ids))
        return {document["_id"]: document["superseded_by"] for document in documents}

    async def delivered_at(self, ids: Sequence[str]) -> dict[str, datetime]:
        """Return the ids that are delivered, each with its time of delivery."""
        documents = await self._notifications.find(
            {"_id": {"$in": list(ids)}, "delivered_at": {"$ne": None}}, projection=["delivered_at"]
        ).to_list(len(ids))
        return {document["_id"]: document["delivered_at"] for document in documents}

    async def expired(
        self, after: ExpiryPosition, until: datetime, limit: int
    ) -> list[ExpiredNotification]:
        """Return notifications that expired undelivered, in the order of expiry.

        Returns at most `limit` of those after the position `after`, up to the time `until`.
        """
        after_position = [
            {"expires_at": {"$gt": after.at}},
            {"expires_at": after.at, "_id": {"$gt": after.id}},
        ]
        cursor = self._notifications.find(
            {**OWED, "expires_at": {"$gte": after.at, "$lte": until}, "$or": after_position},
            projection=["user_id", "expires_at"],
            sort=[("expires_at", 1), ("_id", 1)],
            limit=limit,
        )
        return [
            ExpiredNotification(document["_id"], document["user_id"], document["expires_at"])
            for document in await cursor.to_list(limit)
        ]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _owed_now() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {**OWED, "$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}


def _readable(document: Document) -> OwedNotification | None:
    try:
        return _owed(document)
    except Exception as error:  # noqa: BLE001 - else it stops each instance in turn
        extra = {"notification": document["_id"], "cause": repr(error)}
        _log.error("notification unreadable", extra=extra)
        return None


def _owed(document: Document) -> OwedNotification:
    expires_at = document["expires_at"]
    return OwedNotification(
        document["_id"],
        public_json(document),
        expires_at.timestamp() if expires_at is not None else None,
        document.get("traceparent"),
    )
