"""Which users' sessions were ended, and when. Tokens issued before that time are refused.

The producer API writes the collection when a service ends a user's sessions. Both programs read it
with `Revocations`. docs/adr/0018-ending-sessions.md says why they query MongoDB instead of reading
the topic.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from producer_api.contract.token_errors import (
    RefusalCode,
    TokenRefusedError,
    TokenUndecidedError,
)
from producer_api.contract.token_verifier import Identity
from runtime.slices import Slices

COLLECTION = "ended_sessions"
#: A revocation takes effect in every process within this time plus the time of a short query.
READ_SECONDS = 1.0
#: Each read also covers this much time before the newest known revocation, because the clocks of
#: primaries differ, and a write becomes visible only when a majority has it.
_OVERLAP = timedelta(seconds=60)
#: All revocations are read again at this interval, because a primary's clock may have been wrong
#: for a while.
_ALL_SECONDS = 3600.0
_BATCH = 1_000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: A document with a later time is damaged. The time may even be too late for Python's `datetime`.
LATEST = datetime(9000, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


class Revocation(TypedDict):
    """A document of the collection: the latest time at which a user's sessions were ended."""

    _id: str
    """The user id."""
    revoked_at: datetime
    """By MongoDB's clock."""
    expires_at: datetime
    """When all tokens issued before `revoked_at` have expired. MongoDB then deletes the document.
    """


class RevocationsUnknownError(TokenUndecidedError):
    """This process has not read the revocations yet."""


class Revocations:
    """Owns this process's copy of the revocations, which is about a second old.

    A check makes no query. If MongoDB does not answer, the copy grows older, but checks still use
    it. `kept_seconds` is the longest time for which a token can be accepted.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any], kept_seconds: float) -> None:
        # Read only what a majority has: a primary that has been replaced, but does not know it yet,
        # might answer without the latest revocations.
        self._collection = collection.with_options(read_concern=ReadConcern("majority"))
        self._kept_seconds = kept_seconds
        self._revoked_at: dict[str, float] = {}
        self._newest: datetime | None = None
        self._watchers: list[Callable[[str], None]] = []

    @property
    def are_known(self) -> bool:
        """Whether this process has read the revocations at least once."""
        return self._newest is not None

    def watch(self, revoked: Callable[[str], None]) -> None:
        """Call `revoked` with the user id whenever a user's sessions have been ended."""
        self._watchers.append(revoked)

    def check(self, identity: Identity) -> None:
        """Raise `TokenRefusedError` if the token was issued before its user's sessions were ended.

        Raises `RevocationsUnknownError` before the first read.
        """
        if not self.are_known:
            raise RevocationsUnknownError("the ended sessions cannot be read; try again later")
        if self.refuses(identity.subject, identity.issued_at):
            message = "the user's sessions were ended; sign in again"
            raise TokenRefusedError(message, RefusalCode.SESSIONS_ENDED)

    def refuses(self, user: str, issued_at: float | None) -> bool:
        """Return whether a token of this user, issued at this Unix time, is refused.

        A token that does not say when it was issued counts as issued before the sessions were
        ended. `iat` is usually in whole seconds. So a token that was issued in the second in which
        the sessions were ended is refused, too.
        """
        revoked_at = self._revoked_at.get(user)
        return revoked_at is not None and (issued_at is None or issued_at <= revoked_at)

    def learn(self, user: str, revoked_at: float) -> None:
        """Refuse the user's tokens issued up to this Unix time, and call the watchers."""
        if self._revoked_at.get(user, 0.0) < revoked_at:
            self._revoked_at[user] = revoked_at
            for revoked in self._watchers:
                revoked(user)

    async def read(self) -> None:
        """Read the revocations that were written since the last read. The first read reads all.

        Calls the watchers for each new one. Raises `pymongo.errors.PyMongoError`.
        """
        newest = self._newest or _NEVER
        # Leave damaged documents out: reading one must not end the process.
        times = {"$gt": newest - _OVERLAP, "$lt": LATEST}
        query = {"revoked_at": times, "_id": {"$type": "string"}}
        slices = Slices()
        async for document in self._collection.find(query, batch_size=_BATCH):
            user, revoked_at = document["_id"], document["revoked_at"]
            # Check the types all the same: a damaged document would end every process that reads
            # it. PyMongo does not read a time beyond the year 9999 as a `datetime`.
            if isinstance(user, str) and isinstance(revoked_at, datetime):
                newest = max(newest, revoked_at)
                self.learn(user, revoked_at.timestamp())
            await slices.step()
        # If a primary's clock was ahead, later revocations have earlier times. So never continue
        # from a time in the future.
        self._newest = min(newest, datetime.now(UTC))

    async def run(self) -> None:
        """Read the revocations each second until cancelled. Survives an outage of MongoDB."""
        all_at = time.monotonic() + _ALL_SECONDS
        while True:
            try:
                await self.read()
            except PyMongoError as error:
                _log.warning("ended sessions not read", extra={"cause": str(error)})
            if time.monotonic() >= all_at:
                all_at = time.monotonic() + _ALL_SECONDS
                self._newest = _NEVER
                self._forget(time.time() - self._kept_seconds)
            await asyncio.sleep(READ_SECONDS)

    def _forget(self, before: float) -> None:
        """Drop the revocations before this time: all tokens that they refuse have expired."""
        self._revoked_at = {
            user: revoked_at for user, revoked_at in self._revoked_at.items() if revoked_at > before
        }
