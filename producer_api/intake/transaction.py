"""Writes a batch in one transaction: its notifications, its intent, and its keyed requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError

from producer_api.contract.notification import Document
from producer_api.inbox.changes.superseding import SupersedeResult, Superseding
from producer_api.intake.batch import Batch
from producer_api.intake.pending import PendingRequest
from producer_api.intake.request_store import KeyTakenError, RequestStore
from producer_api.mongodb.transaction_thread import TransactionThread
from producer_api.outbox.intents import Intents
from producer_api.preferences.muting import Muting


class DocumentRefusedError(Exception):
    """MongoDB refuses the document at this position of the batch. Nothing was written."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"document {position} cannot be stored: {reason}")
        self.position = position


class RequestsRepeatedError(Exception):
    """The keys of these requests are taken by earlier requests. Nothing was written."""

    def __init__(self, requests: set[PendingRequest]) -> None:
        super().__init__("requests with these idempotency keys were carried out before")
        self.requests = requests


class WriteResult(NamedTuple):
    """The facts about a written batch that decide how to publish and answer it."""

    must_queue: bool = False
    """Whether other intents are queued for the relay. Then this batch must queue behind them."""
    superseded: SupersedeResult = SupersedeResult()
    muted: frozenset[str] = frozenset()
    """The ids of the notifications that their users have muted."""


class Transaction:
    """Writes batches, each by a single call in a thread. Gives up in seconds if MongoDB is down.

    All collections, including the stores', must come from `thread_collection.in_thread`.
    """

    def __init__(
        self,
        thread: TransactionThread,
        intents: Intents,
        requests: RequestStore,
        notifications: AsyncIOMotorCollection[Any],
        superseding: Superseding,
        muting: Muting,
    ) -> None:
        self._thread = thread
        self._intents = intents
        self._requests = requests
        self._notifications = notifications
        self._superseding = superseding
        self._muting = muting

    async def write(self, batch: Batch) -> WriteResult:
        """Write the batch, mark what its users have muted, and supersede older notifications.

        If nothing was written, raises `DocumentRefusedError`, `RequestsRepeatedError` or
        `pymongo.errors.PyMongoError`. Raises `CommitUnknownError` if it may have been written.
        """
        try:
            result = await self._thread.transact(partial(self._write_all, batch))
        except KeyTakenError as error:
            raise RequestsRepeatedError(await self._repeated(batch, error.request)) from error
        self._superseding.offer_for_folding(result.superseded)
        return result

    async def _repeated(self, batch: Batch, first: PendingRequest) -> set[PendingRequest]:
        """Return all requests of the batch whose keys are taken. Uses one query."""
        by_key = {request.key.id: request for request in batch.requests if request.key is not None}
        key_ids = await self._thread.run(partial(self._requests.taken, list(by_key)))
        return {first, *(by_key[key_id] for key_id in key_ids)}

    async def _write_all(self, batch: Batch, session: AsyncIOMotorClientSession) -> WriteResult:
        muted = await self._muting.muted(batch.documents, session)
        batch = batch.muting(muted)
        documents = batch.documents
        with _telling_refusals(documents):
            await self._notifications.insert_many(documents, session=session)
        # A muted notification has no place in the inbox, so it supersedes no other.
        present = [document for document in documents if document["_id"] not in muted]
        superseded = await self._superseding.supersede(present, session)
        intent = replace(batch.intent, notices=superseded.notices)
        must_queue = await self._intents.open_and_ask(intent, session)
        # Store the requests last, with the outcome of each item: the writes above may be refused.
        await self._requests.add(batch, session)
        return WriteResult(must_queue, superseded, muted)


@contextmanager
def _telling_refusals(documents: list[Document]) -> Iterator[None]:
    """Name the document that MongoDB refuses, or that cannot be sent to it."""
    try:
        yield
    except BulkWriteError as error:
        if not error.details["writeErrors"]:
            raise
        refusal = error.details["writeErrors"][0]
        raise DocumentRefusedError(refusal["index"], refusal["errmsg"]) from error
    except (BSONError, OverflowError, ValueError) as error:
        raise DocumentRefusedError(_refused_position(documents), str(error)) from error


def _refused_position(documents: list[Document]) -> int:
    for position, document in enumerate(documents):
        try:
            bson.encode(document)
        except (BSONError, OverflowError, ValueError):
            return position
    raise AssertionError("the batch was refused, but every document in it can be encoded")
