"""The collection `idempotency`: the requests with an idempotency key, and their outcomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError
from pymongo.read_concern import ReadConcern

from producer_api.contract.notification import Document
from producer_api.contract.stored import UnreadableError
from producer_api.intake.batch import Batch
from producer_api.intake.keyed_request import StoredRequest
from producer_api.intake.outcomes import (
    CreateFailedError,
    CreateOutcome,
    FieldFinding,
    NotStorableError,
    NotValidError,
)
from producer_api.intake.pending import PendingRequest

COLLECTION = "idempotency"
KEPT_SECONDS = 24 * 60 * 60

_INDEXES = [
    IndexModel([("created_at", ASCENDING)], name="age", expireAfterSeconds=KEPT_SECONDS),
    IndexModel([("users", ASCENDING)], name="users"),
]
_DUPLICATE = 11_000


class KeyTakenError(Exception):
    """A request with this key is stored already. The transaction is aborted."""

    def __init__(self, request: PendingRequest) -> None:
        super().__init__("a request with this idempotency key was carried out before")
        self.request = request


class RequestStore:
    """Stores each request in the transaction that carries it out.

    So a key is taken only if its request was carried out, even after a crash. MongoDB's TTL index
    deletes a request after 24 h. Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]]) -> None:
        self._collection = collection
        # This collection also reads requests that are not on a majority of the replica set yet.
        # MongoDB already refuses new requests with their keys.
        self._latest = collection.with_options(read_concern=ReadConcern("local"))

    async def prepare(self) -> None:
        """Create the missing indexes."""
        await self._collection.create_indexes(_INDEXES)

    async def add(self, batch: Batch, session: AsyncIOMotorClientSession) -> None:
        """Store the requests of the batch that have a key and create a notification.

        Writes in the session's transaction. Raises `KeyTakenError`.
        """
        created = _created(batch)
        if created:
            inserts = [_insert(request, own, batch.intent_id) for request, own in created.items()]
            with _telling_taken_keys(created):
                await self._collection.bulk_write(inserts, session=session)

    async def taken(self, key_ids: list[str]) -> set[str]:
        """Return which of these keys have a stored request."""
        cursor = self._latest.find({"_id": {"$in": key_ids}}, {"_id": 1})
        return {stored["_id"] async for stored in cursor}

    async def find(self, key_id: str, session: AsyncIOMotorClientSession) -> StoredRequest | None:
        """Return the stored request of this key, or None. Raises `UnreadableError`."""
        entry = await self._collection.find_one({"_id": key_id}, session=session)
        if entry is None:
            return None
        return _request(entry)

    async def forget_user(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Remove the user's data from stored requests, in the session's transaction.

        The keys stay taken, so that a late repeat of a create does not bring the user back.
        """
        await self._collection.update_many(
            {"users": user_id},
            {"$pull": {"users": user_id}, "$set": {"fingerprint": None}},
            session=session,
        )


_Created = dict[PendingRequest, dict[int, Document]]


def _created(batch: Batch) -> _Created:
    """Return the notifications of the requests that have a key, by position."""
    created: _Created = {}
    for item in batch.items:
        if item.request.key is not None:
            created.setdefault(item.request, {})[item.position] = item.created.document
    return created


@contextmanager
def _telling_taken_keys(created: _Created) -> Iterator[None]:
    try:
        yield
    except BulkWriteError as error:
        errors = error.details["writeErrors"][:1]
        if not errors or errors[0]["code"] != _DUPLICATE:
            raise
        raise KeyTakenError(list(created)[errors[0]["index"]]) from error


def _insert(request: PendingRequest, created: dict[int, Document], intent_id: str) -> UpdateOne:
    """Return the insert as an upsert, because only an update can use MongoDB's clock."""
    assert request.key is not None  # noqa: S101 - for the type checker
    items = [
        created[position]["_id"] if position in created else _stored(request.outcomes[position])
        for position in range(len(request.items))
    ]
    stored = {
        "fingerprint": request.key.fingerprint,
        "intent": intent_id,
        "items": items,
        "users": sorted({document["user_id"] for document in created.values()}),
    }
    # The filter matches no stored request. So if the key is taken, the upsert fails because of the
    # duplicate key, and does not change the stored request.
    return UpdateOne(
        {"_id": request.key.id, "created_at": {"$exists": False}},
        {"$setOnInsert": stored, "$currentDate": {"created_at": True}},
        upsert=True,
    )


def _stored(outcome: CreateOutcome) -> dict[str, Any]:
    return {"invalid": outcome.findings if isinstance(outcome, NotValidError) else None}


def _request(entry: dict[str, Any]) -> StoredRequest:
    try:
        items = [_item(stored) for stored in entry["items"]]
        fingerprint, intent_id, users = entry["fingerprint"], entry["intent"], entry["users"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError("the stored request of this key cannot be read") from error
    if not isinstance(fingerprint, str | None) or not isinstance(intent_id, str):
        raise UnreadableError("the stored request of this key cannot be read")
    if not isinstance(users, list) or not all(isinstance(user, str) for user in users):
        raise UnreadableError("the stored request of this key cannot be read")
    return StoredRequest(fingerprint, intent_id, items, users)


def _item(stored: str | dict[str, Any]) -> str | CreateFailedError:
    if isinstance(stored, str):
        return stored
    if stored["invalid"] is None:
        return NotStorableError()
    return NotValidError([FieldFinding(*finding) for finding in stored["invalid"]])
