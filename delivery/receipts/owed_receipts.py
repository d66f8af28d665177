"""The collection `owed_receipts`: what was delivered, until Kafka has the receipts of it.

    open ──── `delivered_at` is written, and Kafka has the receipts ───► deleted
      └─ their instance is gone: another one tells them ────────────────────┘

One document holds all that one write of `delivered_at` is about, and is there before that write:
an instance that dies in between leaves word that receipts are owed. Beside them stands how far the
receipts of what has expired are told.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import PyMongoError

from delivery.inbox import ExpiryPosition
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

COLLECTION = "owed_receipts"

_MAX_ENDED = 10_000
_SHARING_SECONDS = 0.05
_PAUSE_SECONDS = 0.5
_EXPIRED = "expired"
_NONE_YET = ExpiryPosition(datetime(2000, 1, 1, tzinfo=UTC))


class Delivered(NamedTuple):
    """Notifications of one user that one push delivered."""

    user: str
    ids: list[str]
    attempt: int


class Owed(NamedTuple):
    """One document."""

    id: ObjectId
    instance: str
    """The address of the one that wrote it; empty where that was before us at our address."""
    age_seconds: float
    delivered: list[Delivered]


class OwedReceipts:
    """Owns the collection, and the documents that are done with and wait for their deletion.

    All that is awaited raises `pymongo.errors.PyMongoError`, but for `run`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any], instance: str) -> None:
        self._collection = collection
        self._instance = instance
        self._run = secrets.token_hex(8)
        self._ended: BatchQueue[ObjectId] = BatchQueue()

    async def open(self, delivered: Sequence[Delivered]) -> ObjectId:
        """These are about to be written as delivered."""
        name = ObjectId()
        await self._collection.insert_one(
            {
                "_id": name,
                "instance": self._instance,
                "run": self._run,
                "at": datetime.now(UTC),
                "delivered": [*map(list, delivered)],
            }
        )
        return name

    def end(self, names: Sequence[ObjectId]) -> None:
        """Have them deleted: Kafka has their receipts. Beyond a bound they are told once more
        instead.
        """
        if len(self._ended) < _MAX_ENDED:
            self._ended.extend(names)

    async def oldest(self, age_seconds: float, limit: int) -> list[Owed]:
        """The oldest of those of that age at least, whoever wrote them, and of all that were before
        us at our address.
        """
        before = datetime.now(UTC) - timedelta(seconds=age_seconds)
        others = {"instance": self._instance, "run": {"$exists": True, "$ne": self._run}}
        query = {"$or": [{"at": {"$lte": before}}, others]}
        documents = await self._collection.find(query).sort("_id", 1).limit(limit).to_list(limit)
        now = datetime.now(UTC)
        return [
            Owed(
                each["_id"],
                "" if self._was_before(each) else each["instance"],
                (now - each["at"]).total_seconds(),
                [Delivered(*one) for one in each["delivered"]],
            )
            for each in documents
        ]

    def _was_before(self, document: dict[str, Any]) -> bool:
        return bool(document["instance"] == self._instance and document["run"] != self._run)

    async def last_expiry(self) -> ExpiryPosition:
        """Up to which one the receipts of what expired are told."""
        found = await self._collection.find_one({"_id": _EXPIRED})
        return (
            ExpiryPosition(found["last_at"], found["last_id"]) if found is not None else _NONE_YET
        )

    async def set_last_expiry(self, last: ExpiryPosition) -> None:
        """They are told up to this one."""
        await self._collection.update_one(
            {"_id": _EXPIRED}, {"$set": {"last_at": last.at, "last_id": last.id}}, upsert=True
        )

    async def run(self) -> None:
        """Delete what is done with, until cancelled; then once more."""
        try:
            while True:
                await self._ended.until_filled()
                await asyncio.sleep(_SHARING_SECONDS)
                try:
                    await self._delete()
                except PyMongoError as error:
                    _log.warning("told receipts stay for now", extra={"cause": str(error)})
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self._delete_the_last()

    async def _delete(self) -> None:
        ended = list(self._ended)
        if ended:
            await self._collection.delete_many({"_id": {"$in": ended}})
        self._ended.drop(len(ended))

    async def _delete_the_last(self) -> None:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._delete()
        except (PyMongoError, TimeoutError) as error:
            _log.info("told receipts are left to be told again", extra={"cause": repr(error)})
