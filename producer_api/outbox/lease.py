"""The lease that lets one relay work at a time, across all processes."""

import time
from typing import Any
from uuid import uuid4

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReturnDocument

COLLECTION = "leases"
_NAME = "outbox"


class Lease:
    """Owns this process's claim to the lease.

    MongoDB's clock decides when the claim ends for other processes. For this process a monotonic
    clock decides, read before the request, so that it never believes in its claim for longer than
    the others do.
    """

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]], seconds: float) -> None:
        self._collection = collection
        self._seconds = seconds
        self._holder = uuid4().hex
        self._until = 0.0

    @property
    def remaining(self) -> float:
        """The seconds for which the lease is certainly ours; 0 or less if it is not."""
        return self._until - time.monotonic()

    async def claim(self) -> bool:
        """Take the lease if it is free, or renew ours. Return whether it is ours.

        Raises `pymongo.errors.PyMongoError`.
        """
        asked_at = time.monotonic()
        # A lease that does not exist yet has no `expires_at`, which compares below every date.
        ours = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$expires_at", "$$NOW"]}]}
        end = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        lease = await self._collection.find_one_and_update(
            {"_id": _NAME},
            [
                {
                    "$set": {
                        "holder": {"$cond": [ours, self._holder, "$holder"]},
                        "expires_at": {"$cond": [ours, end, "$expires_at"]},
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        held = bool(lease["holder"] == self._holder)
        self._until = asked_at + self._seconds if held else 0.0
        return held

    async def release(self) -> None:
        """Give the lease up, so that another process need not wait for its end.

        Raises `pymongo.errors.PyMongoError`.
        """
        self._until = 0.0
        await self._collection.delete_one({"_id": _NAME, "holder": self._holder})
