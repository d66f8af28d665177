"""The collection `idempotency`: what became of requests that had an idempotency key."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from producer_api.contract.notification import Document
from producer_api.idempotency.core.replay import Record
from producer_api.intake.batch import Batch
from producer_api.intake.outcomes import (
    CreateFailedError,
    FieldFinding,
    NotStorableError,
    NotValidError,
    Outcome,
)
from producer_api.intake.pending import Pending

COLLECTION = "idempotency"
KEPT_SECONDS = 24 * 60 * 60

_INDEXES = [
    IndexModel([("created_at", ASCENDING)], name="age", expireAfterSeconds=KEPT_SECONDS),
    IndexModel([("users", ASCENDING)], name="users"),
]
_DUPLICATE = 11_000


class KeyTakenError(Exception):
    """There is a record of this request's key; the transaction is aborted."""

    def __init__(self, pending: Pending) -> None:
        super().__init__("a request with this idempotency key was done before")
        self.pending = pending


class Idempotency:
    """Writes a record in the transaction of its request, so that there is one if and only if the
    request was done: no crash leaves a key taken. MongoDB's clock ends it after 24 h.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]]) -> None:
        self._collection = collection
        # What was the reason to refuse a key must be found, if majority-committed or not yet.
        self._latest = collection.with_options(read_concern=ReadConcern("local"))

    async def prepare(self) -> None:
        """Make the indexes that are missing."""
        await self._collection.create_indexes(_INDEXES)

    async def add(self, batch: Batch, session: AsyncIOMotorClientSession) -> None:
        """Write the records of the batch's requests in the session's transaction: of those with
        a key that create something. Raises `KeyTakenError`.
        """
        created: dict[Pending, dict[int, Document]] = {}
        for entry in batch.entries:
            if entry.pending.key is not None:
                documents = created.setdefault(entry.pending, {})
                documents[entry.position] = entry.created.document
        if not created:
            return
        writes = [_insert(*each, batch.intent_id) for each in created.items()]
        try:
            await self._collection.bulk_write(writes, session=session)
        except BulkWriteError as error:
            failed = error.details["writeErrors"][:1]
            if not failed or failed[0]["code"] != _DUPLICATE:
                raise
            raise KeyTakenError(list(created)[failed[0]["index"]]) from error

    async def taken(self, key_ids: list[str]) -> set[str]:
        """Those of these keys that have a record."""
        cursor = self._latest.find({"_id": {"$in": key_ids}}, {"_id": 1})
        return {record["_id"] async for record in cursor}

    async def find(self, key_id: str, session: AsyncIOMotorClientSession) -> Record | None:
        """The record of this key."""
        found = await self._collection.find_one({"_id": key_id}, session=session)
        if found is None:
            return None
        items = [_item(stored) for stored in found["items"]]
        return Record(found["fingerprint"], found["intent"], items)

    async def scrub(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Take out what tells of this user, in the session's transaction. The keys stay taken: a
        late repeat of a create must not bring the user back.
        """
        await self._collection.update_many(
            {"users": user_id},
            {"$pull": {"users": user_id}, "$set": {"fingerprint": None}},
            session=session,
        )


def _insert(pending: Pending, created: dict[int, Document], intent_id: str) -> UpdateOne:
    """An insert, in the form of an update, as only that stamps a time."""
    assert pending.key is not None  # noqa: S101 - for the type checker
    items = [
        created[position]["_id"] if position in created else _stored(pending.outcomes[position])
        for position in range(len(pending.wanted))
    ]
    record = {
        "fingerprint": pending.key.fingerprint,
        "intent": intent_id,
        "items": items,
        "users": sorted({document["user_id"] for document in created.values()}),
    }
    # It never matches what is there: so that is a duplicate.
    return UpdateOne(
        {"_id": pending.key.id, "created_at": {"$exists": False}},
        {"$setOnInsert": record, "$currentDate": {"created_at": True}},
        upsert=True,
    )


def _stored(outcome: Outcome) -> dict[str, Any]:
    return {"invalid": outcome.findings if isinstance(outcome, NotValidError) else None}


def _item(stored: str | dict[str, Any]) -> str | CreateFailedError:
    if isinstance(stored, str):
        return stored
    if stored["invalid"] is None:
        return NotStorableError()
    return NotValidError([FieldFinding(*finding) for finding in stored["invalid"]])
