"""Which users' sessions were ended, and when: tokens issued before that are refused.

The producer API writes the collection when a service ends a user's sessions. Both programs read it
here. docs/adr/0018-ending-sessions.md says why they ask MongoDB for it, and do not use the topic.
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
#: A revocation takes effect in every process after this long, plus the time of a short query.
READ_SECONDS = 1.0
#: Read this much again each time. Primaries' clocks differ, and a write becomes visible only when
#: a majority has it.
_OVERLAP = timedelta(seconds=60)
#: Read all again at this interval: a primary's clock may have been wrong for a while.
_ALL_SECONDS = 3600.0
_BATCH = 1_000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: A later time is damaged. Python's `datetime` may not even hold it.
LATEST = datetime(9000, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


class Revocation(TypedDict):
    """A document of the collection: the latest time at which a user's sessions were ended."""

    _id: str
    """The user id."""
    revoked_at: datetime
    """By MongoDB's clock."""
    expires_at: datetime
    """From then on, every token issued before `revoked_at` has expired. MongoDB deletes it then."""


class RevocationsUnknownError(TokenUndecidedError):
    """The revocations have not been read since the start."""


class Revocations:
    """Owns this process's copy of the revocations, which is about a second old.

    A check costs no query. If MongoDB does not answer, the copy grows older, and the process keeps
    refusing what it knows. `kept_seconds` is how long a token can live at most.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any], kept_seconds: float) -> None:
        # A deposed primary might answer without the latest revocations.
        self._collection = collection.with_options(read_concern=ReadConcern("majority"))
        self._kept_seconds = kept_seconds
        self._revoked_at: dict[str, float] = {}
        self._newest: datetime | None = None
        self._watchers: list[Callable[[str], None]] = []

    @property
    def are_known(self) -> bool:
        """Whether the revocations have been read since the start."""
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

        A token that does not say when it was issued counts as issued before. `iat` is usually in
        whole seconds. So a token of the second in which the sessions were ended is refused too.
        """
        revoked_at = self._revoked_at.get(user)
        return revoked_at is not None and (issued_at is None or issued_at <= revoked_at)

    def learn(self, user: str, revoked_at: float) -> None:
        """Refuse the user's tokens up to this Unix time from now on, and tell the watchers."""
        if self._revoked_at.get(user, 0.0) < revoked_at:
            self._revoked_at[user] = revoked_at
            for revoked in self._watchers:
                revoked(user)

    async def read(self) -> None:
        """Read the revocations that were written since the last read, or all of them at first.

        Tells the watchers about each new one. Raises `pymongo.errors.PyMongoError`.
        """
        newest = self._newest or _NEVER
        # Leave damaged documents out: they must not end the process.
        times = {"$gt": newest - _OVERLAP, "$lt": LATEST}
        query = {"revoked_at": times, "_id": {"$type": "string"}}
        slices = Slices()
        async for document in self._collection.find(query, batch_size=_BATCH):
            user, revoked_at = document["_id"], document["revoked_at"]
            # A damaged document must not end one process after the other. A time beyond the year
            # 9999 is no `datetime`.
            if isinstance(user, str) and isinstance(revoked_at, datetime):
                newest = max(newest, revoked_at)
                self.learn(user, revoked_at.timestamp())
            await slices.step()
        # A primary's clock may be ahead for a while. Later revocations then seem to be older.
        self._newest = min(newest, datetime.now(UTC))

    async def run(self) -> None:
        """Read the revocations again and again until cancelled. Survives an outage of MongoDB."""
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
        """Drop the revocations that no living token can be older than."""
        self._revoked_at = {
            user: revoked_at for user, revoked_at in self._revoked_at.items() if revoked_at > before
        }
