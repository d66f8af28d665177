"""The inbox in MongoDB, as delivery reads and updates it."""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from delivery import metrics
from delivery.core.record import OwedNotification
from producer_api.contract.ids import is_id
from producer_api.contract.notification import COLLECTION, OWED, USER_ID_CHARACTERS, Document
from producer_api.contract.stored import TOLERANT, UnreadableError, stored_json
from runtime.split_retries import raise_write_errors
from runtime.time_limits import MONGO_LIMITS, MONGO_SOCKET_MS

_log = logging.getLogger(__name__)

#: MongoDB lists the connections of the instances under this name.
_APP_NAME = "delivery"
#: The index that finds notifications by their ids. The queries by id also name the users, so that a
#: sharded MongoDB asks only the shards with their inboxes. Without this index as a hint, MongoDB
#: might look up each id for each user in the index `list`.
_BY_ID = "_id_"
#: A write fails if a majority does not confirm it in time. The caller then tries it again.
_MAJORITY = WriteConcern(w="majority", wtimeout=MONGO_SOCKET_MS)


class OwedEntry(NamedTuple):
    """An entry of the answer to a query for owed notifications."""

    user: str
    id: str
    notification: OwedNotification | None
    """None if it is malformed, so that it cannot be pushed."""


class ExpiredNotification(NamedTuple):
    """A notification that expired undelivered."""

    id: str
    user: str
    expires_at: datetime


class TakenBack(NamedTuple):
    """A notification that a newer one superseded, or that the shop withdrew."""

    id: str
    superseded_by: str | None
    expires_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def had_expired(self) -> bool:
        """Whether it had expired when the shop withdrew it."""
        if self.expires_at is None or self.withdrawn_at is None:
            return False
        return self.expires_at <= self.withdrawn_at


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
            appname=_APP_NAME,
            **MONGO_LIMITS,
            **TOLERANT,
        )
        #: Also holds delivery's own collections. All writes use majority concern, and so do all
        #: reads: a deposed primary that does not know it yet may have writes that will be rolled
        #: back.
        self.database: Any = self._client.get_database(
            database,
            write_concern=_MAJORITY,
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )
        self._notifications: AsyncIOMotorCollection[Any] = self.database[COLLECTION]

    async def ping(self) -> None:
        """Check that the primary answers."""
        await self._client.admin.command("ping")

    async def owed(self, users: Sequence[str], limit: int, after: str = "") -> list[OwedEntry]:
        """Return the oldest notifications owed to these users with an id above `after`.

        Returns at most `limit` in all, sorted by user id. If the limit is reached, the last user's
        list may be cut short, and later users are missing.
        """
        cursor = self._notifications.find(
            # This finds only ids that are strings: `$gt` compares only values of the same type.
            {"user_id": {"$in": list(users)}, "_id": {"$gt": after}, **_owed_now()},
            sort=[("user_id", 1), ("_id", 1)],
            limit=limit,
            batch_size=limit,
        )
        return [
            OwedEntry(document["user_id"], document["_id"], _readable(document))
            for document in await cursor.to_list(limit)
        ]

    async def still_owed(self, users: Collection[str], ids: Sequence[str]) -> set[str]:
        """Return which of these notifications are still owed to these users."""
        documents = await self._notifications.find(
            {**_those(users, ids), **_owed_now()},
            projection=["_id"],
            batch_size=len(ids),
            hint=_BY_ID,
        ).to_list(len(ids))
        return {document["_id"] for document in documents}

    async def mark_delivered(
        self,
        moments: Iterable[tuple[datetime, Collection[str], Sequence[str]]],
        seconds: float = MONGO_SOCKET_MS / 1000,
    ) -> int:
        """Set `delivered_at` on the notifications that lack it, with majority concern.

        Each time comes with the users to whom something was delivered at that time, and with the
        ids of these notifications. Writes all times with one command. Returns how many
        notifications lacked `delivered_at`.

        Raises an error after `seconds`. Otherwise, the command would wait for a document that
        another transaction has locked, until that transaction ends. Some of the notifications may
        be written in spite of the error.
        """
        # The first ack counts. A repeat, or another connection's ack, must not change the time.
        updates = [
            {
                "q": {**_those(users, ids), "delivered_at": None},
                "u": {"$set": {"delivered_at": moment}},
                "multi": True,
                "hint": _BY_ID,
            }
            for moment, users, ids in moments
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
        users = self._notifications.aggregate(pipeline, maxTimeMS=MONGO_SOCKET_MS)
        return [
            (user["_id"], user["owed"])
            async for user in users
            if isinstance(user["_id"], str)  # else it is damaged, and owed to nobody
        ]

    async def mark_dead_lettered(self, notification_id: str, user: str, moment: datetime) -> None:
        """Set `dead_lettered_at`, if the notification belongs to the user and has none yet."""
        await self._notifications.update_one(
            {"_id": notification_id, "user_id": user, "dead_lettered_at": None},
            {"$set": {"dead_lettered_at": moment}},
        )

    async def taken_back(self, users: Collection[str], ids: Sequence[str]) -> list[TakenBack]:
        """Return which of these were superseded or withdrawn before they were delivered."""
        query = {
            **_those(users, ids),
            "delivered_at": None,
            "$or": [{"superseded_by": {"$type": "string"}}, {"removed": "withdrawn"}],
        }
        fields = ("superseded_by", "expires_at", "withdrawn_at", "removed")
        found = self._notifications.find(query, projection=fields, hint=_BY_ID)
        documents = await found.to_list(len(ids))
        return [
            TakenBack(
                document["_id"],
                superseded_by,
                _time(document.get("expires_at")),
                _time(document.get("withdrawn_at")),
            )
            for document in documents
            if (superseded_by := _short_text(document.get("superseded_by"))) is not None
            or document.get("removed") == "withdrawn"
        ]

    async def delivered_at(self, users: Collection[str], ids: Sequence[str]) -> dict[str, datetime]:
        """Return which of these notifications are delivered: the time of delivery, by id."""
        documents = await self._notifications.find(
            {**_those(users, ids), "delivered_at": {"$ne": None}},
            projection=["delivered_at"],
            hint=_BY_ID,
        ).to_list(len(ids))
        return {
            document["_id"]: document["delivered_at"]
            for document in documents
            if isinstance(document["delivered_at"], datetime)  # else the document is damaged
        }

    async def expired(
        self, after: ExpiryPosition, until: datetime, limit: int
    ) -> list[ExpiredNotification]:
        """Return notifications that expired undelivered, in the order of expiry.

        Returns at most `limit` of those after the position `after`, up to the time `until`.
        """
        while True:
            documents = await self._expired_after(after, until, limit)
            readable = [
                document
                for document in documents
                if is_id(document["_id"]) and _short_text(document["user_id"]) is not None
            ]
            # If all of them are damaged, look beyond them.
            if readable or len(documents) < limit:
                return [
                    ExpiredNotification(item["_id"], item["user_id"], item["expires_at"])
                    for item in readable
                ]
            after = ExpiryPosition(documents[-1]["expires_at"], documents[-1]["_id"])

    async def _expired_after(
        self, after: ExpiryPosition, until: datetime, limit: int
    ) -> list[dict[str, Any]]:
        after_position = [
            {"expires_at": {"$gt": after.at}},
            {"expires_at": after.at, "_id": {"$gt": after.id}},
        ]
        texts = {"user_id": {"$type": "string"}, "_id": {"$type": "string"}}
        cursor = self._notifications.find(
            {
                **OWED,
                "expires_at": {"$gte": after.at, "$lte": until},
                "$or": after_position,
                **texts,
            },
            projection=["user_id", "expires_at"],
            sort=[("expires_at", 1), ("_id", 1)],
            limit=limit,
        )
        documents: list[dict[str, Any]] = await cursor.to_list(limit)
        return documents

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _those(users: Collection[str], ids: Sequence[str]) -> dict[str, Any]:
    """Return the query for these users' notifications with these ids. Use the hint `_BY_ID`."""
    return {"_id": {"$in": list(ids)}, "user_id": {"$in": list(users)}}


def _owed_now() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {**OWED, "$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}


def _short_text(value: object) -> str | None:
    """Return a user's or a notification's id; None if it is damaged.

    Kafka would refuse the receipt with a text of a megabyte, and no other receipt would be written.
    """
    if isinstance(value, str) and len(value) <= USER_ID_CHARACTERS:
        return value
    return None


def _time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None  # else it is damaged


def _readable(document: Document) -> OwedNotification | None:
    try:
        return _owed(document)
    except UnreadableError as error:
        metrics.UNREADABLE.inc()
        extra = {"notification": document["_id"], "cause": str(error)}
        _log.error("notification unreadable", extra=extra)
        return None


def _owed(document: Document) -> OwedNotification:
    value, expires_at = stored_json(document), document["expires_at"]
    return OwedNotification(
        document["_id"],
        value,
        expires_at.timestamp() if expires_at is not None else None,
        document.get("traceparent"),
    )
