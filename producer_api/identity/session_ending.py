"""Ends a user's sessions: stores the time up to which the user's tokens are refused."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING, IndexModel, ReturnDocument

from producer_api.contract.revocations import LATEST, Revocation, Revocations
from producer_api.contract.settings import SharedSettings
from producer_api.contract.token_times import LEEWAY_SECONDS

_INDEXES = [
    IndexModel([("revoked_at", ASCENDING)], name="revoked_at"),
    IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
]

_log = logging.getLogger(__name__)

#: Informs the other workers of this program.
Tell = Callable[[Any], Awaitable[None]]


async def _nobody(_: Any) -> None:
    """Inform nobody, because there are no other workers."""


class SessionEnding:
    """Owns the collection of revocations, which `Revocations` reads in each process.

    A revocation is kept for longer than a token can live.
    """

    def __init__(
        self,
        settings: SharedSettings,
        collection: AsyncIOMotorCollection[Any],
        revocations: Revocations,
        tell: Tell = _nobody,
    ) -> None:
        self._tell = tell
        self._collection = collection
        self._revocations = revocations
        self._kept_milliseconds = (settings.auth_max_token_age_seconds + 2 * LEEWAY_SECONDS) * 1000

    async def prepare(self) -> None:
        """Create the missing indexes, and read the revocations. Raises PyMongoError."""
        await self._collection.create_indexes(_INDEXES)
        await self._revocations.read()

    async def end(self, user: str, service: str) -> None:
        """End the user's sessions, and log the service. Raises `pymongo.errors.PyMongoError`.

        Returns once a majority has the write, and all workers of this program refuse the user's
        tokens. Other programs refuse them once they have read the write. A repeated call also
        refuses the tokens that were issued since the first one.
        """
        # Use MongoDB's clock, because several processes write. `revoked_at` must not go back.
        earlier = {"$cond": [{"$lt": ["$revoked_at", LATEST]}, "$revoked_at", "$$NOW"]}
        revoked_at = {"$max": [earlier, "$$NOW"]}
        expires_at = {"$add": ["$revoked_at", self._kept_milliseconds]}
        revocation: Revocation = await self._collection.find_one_and_update(
            {"_id": user},
            [{"$set": {"revoked_at": revoked_at}}, {"$set": {"expires_at": expires_at}}],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        _log.info("sessions ended", extra={"user": user, "service": service})
        await self.hear((user, revocation["revoked_at"].timestamp()))
        # An `iat` is usually in whole seconds. So tokens of this second are refused, even those
        # issued after the call. Answer only in the next second, so that every token issued after
        # the answer is accepted.
        await asyncio.gather(
            self._tell((user, revocation["revoked_at"].timestamp())),
            asyncio.sleep(_rest_of_second(revocation["revoked_at"])),
        )

    async def hear(self, told: tuple[str, float]) -> None:
        """Refuse a user's tokens. `told` has the user id, and when a worker ended the sessions."""
        self._revocations.learn(*told)


def _rest_of_second(moment: datetime) -> float:
    return 1.0 - moment.microsecond / 1_000_000
