"""Carries out a request with an idempotency key only once, even if it arrives several times."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.notification import Document
from producer_api.idempotency.core.replay import Verdict, judge, outcome_of
from producer_api.inbox.notifications import Notifications
from producer_api.intake.committer import Committer
from producer_api.intake.keyed_request import RequestKey, StoredRequest
from producer_api.intake.outcomes import (
    CreateOutcome,
    InProgressError,
    KeyReusedError,
    RepeatedError,
    RequestItem,
)
from producer_api.intake.request_store import RequestStore
from producer_api.mongodb.connection import Client
from producer_api.outbox.intents import Intents
from runtime.slices import Slices

_WAIT_SECONDS = 0.25
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class CreateResult:
    """The outcomes of a request's items, and whether they come from an earlier request."""

    outcomes: list[CreateOutcome]
    replayed: bool


class IdempotentCreates:
    """Owns the keys of the requests that are in progress in this process.

    MongoDB has the keys of requests that were carried out. So these keys are known to all
    processes, and survive crashes. Does not look up a key before the write, because repeats are
    rare, and the write fails if the key is taken.

    If an intent is open for longer than `patience_seconds`, treats its process as dead. If that
    process is only slow, the records are published twice, and consumers drop the repeats.
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
        self._keys_in_progress: set[str] = set()

    async def create(
        self, items: Sequence[RequestItem], key: RequestKey | None, *, traceparent: str | None
    ) -> CreateResult:
        """Create the notifications, unless an earlier request with the same key has done so.

        Without a key, always creates. Raises `CreateFailedError` if the whole request fails. A
        repeat may also raise `pymongo.errors.PyMongoError`.
        """
        if key is None:
            created = await self._committer.create(items, traceparent=traceparent)
            return CreateResult(created, replayed=False)
        # Do not await between the check and the add, or two requests with the same key could pass.
        if key.id in self._keys_in_progress:
            raise _in_progress_error()
        self._keys_in_progress.add(key.id)
        try:
            created = await self._committer.create(items, traceparent=traceparent, key=key)
            return CreateResult(created, replayed=False)
        except RepeatedError:
            return CreateResult(await self._replay(key), replayed=True)
        finally:
            self._keys_in_progress.discard(key.id)

    async def _replay(self, key: RequestKey) -> list[CreateOutcome]:
        # Use one session, so that no read returns older data than the read before it, even if
        # another member of the replica set becomes primary in between.
        async with await self._client.start_session() as session:
            stored, verdict = await self._judge(key, session)
            deadline = time.monotonic() + _WAIT_SECONDS
            while verdict is Verdict.IN_PROGRESS and time.monotonic() < deadline:
                # Poll, because another task or process publishes or queues the intent.
                await asyncio.sleep(_PAUSE_SECONDS)
                stored, verdict = await self._judge(key, session)
            if verdict is Verdict.REUSED:
                raise KeyReusedError("the idempotency key was used for another request")
            if stored is None or verdict is Verdict.IN_PROGRESS:
                raise _in_progress_error()
            if verdict is Verdict.QUEUE_AND_REPLAY:
                # The dead process may also have left earlier batches unpublished. They must come
                # before this one on the log.
                await self._intents.take_over_up_to([stored.intent_id])
                # The read in `take_over_up_to` may be too old to find this intent. This write
                # finds it.
                await self._intents.queue(stored.intent_id)
            found = await self._notifications.find_those_of(stored.users, stored.ids, session)
            return await _outcomes(stored, found)

    async def _judge(
        self, key: RequestKey, session: AsyncIOMotorClientSession
    ) -> tuple[StoredRequest | None, Verdict]:
        stored = await self._requests.find(key.id, session)
        if stored is None:  # the write that took the key is not on a majority yet
            return None, Verdict.IN_PROGRESS
        age = await self._intents.oldest_open([stored.intent_id], session)
        return stored, judge(stored, key.fingerprint, age, self._patience_seconds)


async def _outcomes(stored: StoredRequest, existing: Mapping[str, Document]) -> list[CreateOutcome]:
    """Return the outcomes of the first request, from the notifications that still exist."""
    outcomes: list[CreateOutcome] = []
    slices = Slices()
    for item in stored.items:
        outcomes.append(outcome_of(item, existing))
        await slices.step()
    return outcomes


def _in_progress_error() -> InProgressError:
    return InProgressError("a request with this idempotency key is in progress")
