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

    For other processes, MongoDB's clock decides when the claim ends. For this process, a monotonic
    clock decides, which is read before the request to MongoDB. So this process gives its claim up
    no later than the others do.
    """

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]], seconds: float) -> None:
        self._collection = collection
        self._seconds = seconds
        self._holder = uuid4().hex
        self._until = 0.0

    @property
    def remaining(self) -> float:
        """For how many more seconds this process certainly has the lease; 0 or less without it."""
        return self._until - time.monotonic()

    async def claim(self) -> bool:
        """Take the lease if it is free, or renew it. Return whether this process has it.

        Raises `pymongo.errors.PyMongoError`.
        """
        asked_at = time.monotonic()
        # A lease that does not exist yet has no `expires_at`. That compares below every date.
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
        """Give the lease up, so that another process need not wait until it expires.

        Raises `pymongo.errors.PyMongoError`.
        """
        self._until = 0.0
        await self._collection.delete_one({"_id": _NAME, "holder": self._holder})
