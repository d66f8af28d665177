"""The lease that lets only one process at a time run the relay."""

import time
from typing import Any
from uuid import uuid4

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReturnDocument

COLLECTION = "leases"
_NAME = "outbox"
#: The settings allow a lease of at most an hour. The clocks of two primaries may differ a little.
_LONGEST_MILLISECONDS = 3_660_000


class Lease:
    """Owns this process's claim to the lease.

    Other processes use MongoDB's clock to decide whether the claim has ended. This process uses its
    monotonic clock, and reads it before the request to MongoDB. So for this process, the claim ends
    no later than for the others.
    """

    def __init__(self, collection: AsyncIOMotorCollection[dict[str, Any]], seconds: float) -> None:
        self._collection = collection
        self._seconds = seconds
        self._holder = uuid4().hex
        self._until = 0.0
        self.may_be_held = False
        """Whether MongoDB may name this process as the holder: claimed, and not released since."""

    @property
    def remaining(self) -> float:
        """Seconds for which this process certainly still has the lease; 0 or less without it."""
        return self._until - time.monotonic()

    async def claim(self) -> bool:
        """Take the lease if it is free, or renew it. Return whether this process has it.

        Raises `pymongo.errors.PyMongoError`.
        """
        requested_at = time.monotonic()
        self.may_be_held = True  # this stays true if the answer is lost
        may_claim = {
            "$or": [
                {"$eq": ["$holder", self._holder]},
                # A new lease has no `expires_at`, and MongoDB orders a missing value below every
                # date.
                {"$lt": ["$expires_at", "$$NOW"]},
                # The clock of MongoDB's primary was wrong when another process claimed the lease.
                # If that process is gone, nobody would publish until then.
                {"$gt": ["$expires_at", {"$add": ["$$NOW", _LONGEST_MILLISECONDS]}]},
            ]
        }
        end = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        lease = await self._collection.find_one_and_update(
            {"_id": _NAME},
            [
                {
                    "$set": {
                        "holder": {"$cond": [may_claim, self._holder, "$holder"]},
                        "expires_at": {"$cond": [may_claim, end, "$expires_at"]},
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        is_holder = self.may_be_held = bool(lease["holder"] == self._holder)
        self._until = requested_at + self._seconds if is_holder else 0.0
        return is_holder

    async def release(self) -> None:
        """Release the lease, so that another process need not wait until it expires.

        Raises `pymongo.errors.PyMongoError`. After an error, call it again while `may_be_held`.
        """
        self._until = 0.0
        await self._collection.delete_one({"_id": _NAME, "holder": self._holder})
        self.may_be_held = False
