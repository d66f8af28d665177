"""Reads the collection `notifications` from the primary, in the form that the contract defines."""

import asyncio
from datetime import datetime
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import StoredNotification

_COLLECTION = "notifications"
_FIELDS = (
    "user_id",
    "expires_at",
    "delivered_at",
    "seen_at",
    "archived_at",
    "superseded_by",
    "removed",
)
_SELECTION_TIMEOUT_MS = 5_000


async def read_inbox(url: str, database: str) -> tuple[StoredNotification, ...]:
    """Return all notifications. Raises `CannotAuditError`."""
    # The asynchronous client leaks the socket of a connection that fails, so use the synchronous
    # one in a thread.
    return await asyncio.to_thread(_read_inbox, url, database)


def _read_inbox(url: str, database: str) -> tuple[StoredNotification, ...]:
    try:
        with MongoClient[dict[str, Any]](
            url, tz_aware=True, serverSelectionTimeoutMS=_SELECTION_TIMEOUT_MS
        ) as client:
            # Read only what a majority has. Other writes may be rolled back, so they prove nothing.
            collection = client[database].get_collection(
                _COLLECTION, read_concern=ReadConcern("majority")
            )
            documents = collection.find({}, projection=_FIELDS, sort=[("_id", 1)])
            return tuple(_stored(document) for document in documents)
    except PyMongoError as error:
        raise CannotAuditError(f"MongoDB at {url}, database {database!r}: {error}") from error


def _stored(document: dict[str, Any]) -> StoredNotification:
    return StoredNotification(
        id=document["_id"],
        user=document["user_id"],
        expires_at=_seconds(document.get("expires_at")),
        delivered_at=_seconds(document.get("delivered_at")),
        superseded_by=document.get("superseded_by") or "",
        removed=document.get("removed") or "",
        seen_at=_seconds(document.get("seen_at")),
        archived_at=_seconds(document.get("archived_at")),
    )


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
