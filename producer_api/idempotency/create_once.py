"""Does a request with an idempotency key once, no matter how often it comes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.idempotency.core.replay import Verdict, judge, outcomes
from producer_api.inbox.notifications import Notifications
from producer_api.intake.committer import Committer
from producer_api.intake.keyed_request import RequestKey, StoredRequest
from producer_api.intake.outcomes import (
    CreateOutcome,
    InProgressError,
    KeyReusedError,
    RepeatedError,
    Wanted,
)
from producer_api.intake.request_store import RequestStore
from producer_api.mongodb.connection import Client
from producer_api.outbox.intents import Intents

_WAIT_SECONDS = 0.25
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class CreateResult:
    """The outcome of each wanted notification, and whether an earlier request created them."""

    outcomes: list[CreateOutcome]
    replayed: bool


class Once:
    """Owns the keys under way in this process. MongoDB has everything else about keys.

    So a key holds across all processes, and survives their crashes. There is no query before the
    write, because repeats are rare: the write itself fails if the key is taken.

    `patience_seconds` is how long an intent may be open before its process counts as gone.
    """

    def __init__(
        self,
        client: Client,
        committer: Committer,
        stores: tuple[RequestStore, Intents, Notifications],
        patience_seconds: float,
    ) -> None:
        self._client = client
        self._committer = committer
        self._requests, self._intents, self._notifications = stores
        self._patience_seconds = patience_seconds
        self._under_way: set[str] = set()

    async def create(
        self, wanted: Sequence[Wanted], key: RequestKey | None, *, traceparent: str | None
    ) -> CreateResult:
        """Create the notifications, unless a request with the same key has.

        Without a key, always creates. Raises `CreateFailedError` for the request as a whole, and
        `pymongo.errors.PyMongoError` for a repeat.
        """
        if key is None:
            created = await self._committer.create(wanted, traceparent=traceparent)
            return CreateResult(created, replayed=False)
        if key.id in self._under_way:
            raise _in_progress()
        self._under_way.add(key.id)
        try:
            created = await self._committer.create(wanted, traceparent=traceparent, key=key)
            return CreateResult(created, replayed=False)
        except RepeatedError:
            return CreateResult(await self._replay(key), replayed=True)
        finally:
            self._under_way.discard(key.id)

    async def _replay(self, key: RequestKey) -> list[CreateOutcome]:
        # One session, so that each read sees at least what the one before it saw, even if another
        # member of the replica set becomes primary in between.
        async with await self._client.start_session() as session:
            stored, verdict = await self._judge(key, session)
            deadline = time.monotonic() + _WAIT_SECONDS
            while verdict is Verdict.IN_PROGRESS and time.monotonic() < deadline:
                # Another task or another process ends the intent, so there is no event to await.
                await asyncio.sleep(_PAUSE_SECONDS)
                stored, verdict = await self._judge(key, session)
            if verdict is Verdict.REUSED:
                raise KeyReusedError("the idempotency key was used for another request")
            if stored is None or verdict is Verdict.IN_PROGRESS:
                raise _in_progress()
            if verdict is Verdict.QUEUE_AND_REPLAY:
                await self._intents.queue(stored.intent_id)
            return outcomes(stored, await self._notifications.find_many(stored.ids, session))

    async def _judge(
        self, key: RequestKey, session: AsyncIOMotorClientSession
    ) -> tuple[StoredRequest | None, Verdict]:
        stored = await self._requests.find(key.id, session)
        if stored is None:  # a majority of the replica set does not have its write yet
            return None, Verdict.IN_PROGRESS
        age = await self._intents.oldest_open([stored.intent_id], session)
        return stored, judge(stored, key.fingerprint, age, self._patience_seconds)


def _in_progress() -> InProgressError:
    return InProgressError("a request with this idempotency key is under way")
