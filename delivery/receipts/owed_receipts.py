"""The collection `owed_receipts`: deliveries whose receipts Kafka may not have yet.

    open ──── `delivered_at` is written, and Kafka has the receipts ────► deleted
      └─ its instance died: another instance writes the receipts ────────────┘

A document covers all notifications of one write of `delivered_at`. The instance inserts it before
that write. If the instance dies in between, the document shows that receipts are owed. One more
document holds the position up to which receipts of expired notifications are written.
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
from runtime.pace import Pace
from runtime.split_retries import SplitRetries, is_about_documents, raise_write_errors

_log = logging.getLogger(__name__)

COLLECTION = "owed_receipts"

#: The maximum number of documents that wait for deletion. Further documents are not deleted, so
#: `ReceiptRecovery` may write their receipts a second time, if it does not find them on the topic.
_MAX_ENDED = 10_000
#: Documents that end within this time are deleted together. If the instance dies meanwhile,
#: `ReceiptRecovery` may write their receipts a second time.
_SHARING_SECONDS = 1.0
#: Even the first document after a rest waits this long for others.
_LEAST_SECONDS = 0.05
_PAUSE_SECONDS = 0.5
#: How long a deletion may take before its documents are deleted one by one.
_DELETE_SECONDS = 1.0
#: The id of the document that holds the expiry position.
_EXPIRED = "expired"
#: How many fields of `Delivered` are stored: all but `pushed` and `edge`, which say how it was
#: pushed.
_STORED_FIELDS = 3
_NONE_YET = ExpiryPosition(datetime(2000, 1, 1, tzinfo=UTC))


class Delivered(NamedTuple):
    """Notifications of one user that were delivered by one push."""

    user: str
    ids: list[str]
    attempt: int
    pushed: float | None = None
    """When the event was first pushed, in seconds of the monotonic clock. None if another instance
    or an earlier process pushed it."""
    edge: str | None = None
    """The address of the instance that had the socket; "" for this instance, None if unknown."""


def _delivered(user: Any, ids: Any, attempt: Any) -> Delivered:
    """Check what is stored of a delivery. Raises `TypeError`."""
    is_valid = isinstance(user, str) and isinstance(ids, list) and isinstance(attempt, int)
    if not is_valid or not all(isinstance(each, str) for each in ids):
        raise TypeError("a delivery has a wrong type")
    return Delivered(user, ids, attempt)


class OwedDocument(NamedTuple):
    """The owed receipts of one write of `delivered_at`."""

    id: ObjectId
    instance: str
    """The address of the instance that wrote the document; empty if an earlier process at this
    instance's address wrote it."""
    age_seconds: float
    delivered: list[Delivered]
    moments: list[int]
    """The `delivered_at` of each entry of `delivered`, in Unix milliseconds. Empty if an earlier
    version stored the document."""


class OwedReceipts:
    """Owns the collection, and the ids of the documents that it will delete or cannot read.

    All coroutines except `run` raise `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any], instance: str) -> None:
        self._collection = collection
        self._instance = instance
        # Distinguishes this process from an earlier one at the same address.
        self._run = secrets.token_hex(8)
        self._unreadable: set[Any] = set()
        self._ended: BatchQueue[ObjectId] = BatchQueue()
        self._retries: SplitRetries[ObjectId] = SplitRetries(self._delete)
        self._pace = Pace(_SHARING_SECONDS)

    async def open(
        self, document_id: ObjectId, delivered: Sequence[Delivered], moments: Sequence[int] = ()
    ) -> None:
        """Record that receipts are owed for deliveries whose `delivered_at` is written next.

        `moments` has the `delivered_at` of each delivery, in Unix milliseconds.
        """
        await self._collection.insert_one(
            {
                "_id": document_id,
                "instance": self._instance,
                "run": self._run,
                "at": datetime.now(UTC),
                # An earlier version cannot read a fourth field.
                "delivered": [each[:_STORED_FIELDS] for each in delivered],
                "moments": list(moments),
            }
        )

    def end(self, document_ids: Sequence[ObjectId]) -> None:
        """Delete these documents soon: Kafka has their receipts.

        Does nothing if too many documents wait for deletion. Their receipts may then be written
        twice.
        """
        if len(self._ended) + len(self._retries.waiting) < _MAX_ENDED:
            self._ended.extend(document_ids)

    async def oldest(self, age_seconds: float, limit: int) -> list[OwedDocument]:
        """Return the oldest documents of at least this age.

        Documents of an earlier process at this instance's address are returned at any age, because
        that process is certainly gone. Skips damaged documents, and logs each of them.
        """
        before = datetime.now(UTC) - timedelta(seconds=age_seconds)
        from_earlier = {
            "instance": self._instance,
            "run": {"$exists": True, "$ne": self._run},
        }
        query = {
            "_id": {"$nin": list(self._unreadable)},
            "$or": [{"at": {"$lte": before}}, from_earlier],
        }
        documents = await self._collection.find(query).sort("_id", 1).limit(limit).to_list(limit)
        now = datetime.now(UTC)
        return [owed for each in documents if (owed := self._read(each, now)) is not None]

    def _read(self, document: dict[str, Any], now: datetime) -> OwedDocument | None:
        try:
            if not isinstance(document["instance"], str):
                raise TypeError("instance is not a text")  # noqa: TRY301 - the log names it
            return OwedDocument(
                document["_id"],
                "" if self._is_of_earlier_process(document) else document["instance"],
                (now - document["at"]).total_seconds(),
                [_delivered(*fields) for fields in document["delivered"]],
                [int(moment) for moment in document.get("moments", ())],
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            # If the error were raised, it would end one owner of partition 0 after the other.
            self._unreadable.add(document["_id"])
            extra = {"document": str(document["_id"]), "cause": repr(error)}
            _log.error("owed receipts unreadable", extra=extra)
            return None

    def _is_of_earlier_process(self, document: dict[str, Any]) -> bool:
        return bool(document["instance"] == self._instance and document["run"] != self._run)

    async def last_expiry(self) -> ExpiryPosition:
        """Return the position up to which receipts of expired notifications are written."""
        document = await self._collection.find_one({"_id": _EXPIRED})
        if document is None:
            return _NONE_YET
        last_at, last_id = document.get("last_at"), document.get("last_id")
        if isinstance(last_at, datetime) and isinstance(last_id, str):
            return ExpiryPosition(last_at, last_id)
        # Begin again. The receipts that are written twice have the same ids. An error would end one
        # owner of partition 0 after the other.
        if _EXPIRED not in self._unreadable:
            self._unreadable.add(_EXPIRED)
            _log.error("expiry position unreadable", extra={"document": _EXPIRED})
        return _NONE_YET

    async def set_last_expiry(self, last: ExpiryPosition) -> None:
        """Store that the receipts of expired notifications are written up to this position."""
        await self._collection.update_one(
            {"_id": _EXPIRED}, {"$set": {"last_at": last.at, "last_id": last.id}}, upsert=True
        )

    async def run(self) -> None:
        """Delete documents until cancelled; then delete the rest, in half a second at most."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._retries.run())
                while True:
                    await self._ended.until_filled()
                    await self._pace.turn(_LEAST_SECONDS)
                    try:
                        await self._delete_ended()
                    except PyMongoError as error:
                        _log.warning("owed receipts not deleted yet", extra={"cause": str(error)})
                        await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self._delete_the_last()

    async def _delete_ended(self) -> None:
        # `end` may append ids during the deletion. Drop only those that were there before.
        document_ids = list(self._ended)
        if document_ids:
            try:
                await self._delete(document_ids, _DELETE_SECONDS)
            except PyMongoError as error:
                if not is_about_documents(error):
                    raise
                self._retries.add(document_ids)
        self._ended.drop(len(document_ids))

    async def _delete(self, document_ids: Sequence[ObjectId], seconds: float) -> None:
        # If a transaction has locked a document, the command waits for that transaction, so it
        # needs a time limit. Motor's `delete_many` takes no `maxTimeMS`.
        answer = await self._collection.database.command(
            "delete",
            self._collection.name,
            deletes=[{"q": {"_id": {"$in": list(document_ids)}}, "limit": 0}],
            maxTimeMS=round(seconds * 1000),
            writeConcern=self._collection.write_concern.document,
        )
        raise_write_errors(answer)

    async def _delete_the_last(self) -> None:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._delete_ended()
        except (PyMongoError, TimeoutError) as error:
            _log.info("owed receipts left behind", extra={"cause": repr(error)})
