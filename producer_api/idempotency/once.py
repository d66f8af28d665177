"""The front of intake: a request with an idempotency key is done once, however often it comes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.idempotency.core.keys import Key
from producer_api.idempotency.core.replay import Record, Verdict, judge, outcomes
from producer_api.idempotency.store import Idempotency
from producer_api.inbox.notifications import Notifications
from producer_api.intake.committer import Committer
from producer_api.intake.outcomes import (
    InProgressError,
    KeyReusedError,
    Outcome,
    RepeatedError,
    Wanted,
)
from producer_api.mongodb.connection import Client
from producer_api.outbox.intents import Intents

_WAIT_SECONDS = 0.25
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of each wanted notification; `replayed` when an earlier request did it."""

    outcomes: list[Outcome]
    replayed: bool


class Once:
    """Owns the keys under way in this process. Everything else about keys is in MongoDB, so that
    it holds over all processes and through their crashes; there is no look-up before the write,
    as repeats are rare.

    `patience_seconds` is how long an intent may be open before its process counts as gone.
    """

    def __init__(
        self,
        client: Client,
        committer: Committer,
        stores: tuple[Idempotency, Intents, Notifications],
        patience_seconds: float,
    ) -> None:
        self._client = client
        self._committer = committer
        self._idempotency, self._intents, self._notifications = stores
        self._patience_seconds = patience_seconds
        self._under_way: set[str] = set()

    async def create(
        self, wanted: Sequence[Wanted], key: Key | None, *, traceparent: str | None
    ) -> Answer:
        """Create them, unless a request of the same key has; without a key, always.

        Raises `CreateFailedError` for the request as a whole, and, of a repeat,
        `pymongo.errors.PyMongoError`.
        """
        if key is None:
            created = await self._committer.create(wanted, traceparent=traceparent)
            return Answer(created, replayed=False)
        if key.id in self._under_way:
            raise _in_progress()
        self._under_way.add(key.id)
        try:
            created = await self._committer.create(wanted, traceparent=traceparent, key=key)
            return Answer(created, replayed=False)
        except RepeatedError:
            return Answer(await self._replay(key), replayed=True)
        finally:
            self._under_way.discard(key.id)

    async def _replay(self, key: Key) -> list[Outcome]:
        # One session, so that each read sees what the one before it saw, also past a failover.
        async with await self._client.start_session() as session:
            record, verdict = await self._judge(key, session)
            deadline = time.monotonic() + _WAIT_SECONDS
            while verdict is Verdict.IN_PROGRESS and time.monotonic() < deadline:
                # The intent's end is another task's deed, or another process's.
                await asyncio.sleep(_PAUSE_SECONDS)
                record, verdict = await self._judge(key, session)
            if verdict is Verdict.REUSED:
                raise KeyReusedError("the idempotency key was used for another request")
            if record is None or verdict is Verdict.IN_PROGRESS:
                raise _in_progress()
            if verdict is Verdict.QUEUE_AND_REPLAY:
                await self._intents.queue(record.intent_id)
            return outcomes(record, await self._notifications.find_many(record.ids, session))

    async def _judge(
        self, key: Key, session: AsyncIOMotorClientSession
    ) -> tuple[Record | None, Verdict]:
        record = await self._idempotency.find(key.id, session)
        if record is None:  # its write is not known to last yet
            return None, Verdict.IN_PROGRESS
        age = await self._intents.oldest_open([record.intent_id], session)
        return record, judge(record, key.fingerprint, age, self._patience_seconds)


def _in_progress() -> InProgressError:
    return InProgressError("a request with this idempotency key is under way")
