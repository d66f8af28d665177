"""Writes a batch in one transaction: its notifications, its intent, and its keyed requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, PyMongoError

from producer_api.contract.notification import Document
from producer_api.inbox.changes.superseding import SupersedeResult, Superseding
from producer_api.inbox.changes.superseding_rules import collapse_keys
from producer_api.intake.batch import Batch
from producer_api.intake.pending import PendingRequest
from producer_api.intake.request_store import KeyTakenError, RequestStore
from producer_api.mongodb.connection import Client
from producer_api.mongodb.one_hop import OneHop
from producer_api.mongodb.transactions import Attempts, transact
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
    """Writes batches. Gives up within seconds if MongoDB is down."""

    def __init__(
        self,
        client: Client,
        intents: Intents,
        requests: RequestStore,
        notifications: AsyncIOMotorCollection[Any],
        superseding: Superseding,
        muting: Muting,
    ) -> None:
        self._client = client
        self._intents = intents
        self._requests = requests
        self._notifications = notifications
        self._superseding = superseding
        self._muting = muting
        self._one_hop = OneHop(client)

    async def write(self, batch: Batch) -> WriteResult:
        """Write the batch, mark what its users have muted, and supersede older notifications.

        If nothing was written, raises `DocumentRefusedError`, `RequestsRepeatedError` or
        `pymongo.errors.PyMongoError`. Raises `CommitUnknownError` if it may have been written.
        """
        try:
            return await self._write(batch)
        except KeyTakenError as error:
            raise RequestsRepeatedError(await self._repeated(batch, error.request)) from error

    async def _write(self, batch: Batch) -> WriteResult:
        attempts = Attempts()
        if not collapse_keys(batch.documents):
            # Only superseding needs the event loop between its commands.
            try:
                return await self._write_in_one_hop(batch)
            except PyMongoError as error:
                if not attempts.may_follow(error):
                    raise
        return await self._write_step_by_step(batch, attempts)

    async def _write_in_one_hop(self, batch: Batch) -> WriteResult:
        def write_all(session: ClientSession) -> WriteResult:
            muted = self._muting.muted_here(batch.documents, session)
            documents = batch.muting(muted).documents
            with _telling_refusals(documents):
                self._notifications.delegate.insert_many(documents, session=session)
            must_queue = self._intents.open_and_ask_here(batch.intent, session)
            self._requests.add_here(batch, session)
            return WriteResult(must_queue, muted=muted)

        return await self._one_hop.transact(write_all)

    async def _write_step_by_step(self, batch: Batch, attempts: Attempts) -> WriteResult:
        async def write_all(session: AsyncIOMotorClientSession) -> WriteResult:
            return await self._write_all(session, batch)

        async with await self._client.start_session() as session:
            return await transact(session, write_all, attempts)

    async def _repeated(self, batch: Batch, first: PendingRequest) -> set[PendingRequest]:
        """Return all requests of the batch whose keys are taken. Uses one query."""
        by_key = {request.key.id: request for request in batch.requests if request.key is not None}
        key_ids = await self._requests.taken(list(by_key))
        return {first, *(by_key[key_id] for key_id in key_ids)}

    async def _write_all(self, session: AsyncIOMotorClientSession, batch: Batch) -> WriteResult:
        muted = await self._muting.muted(batch.documents, session)
        batch = batch.muting(muted)
        with _telling_refusals(batch.documents):
            await self._notifications.insert_many(batch.documents, session=session)
        # A muted notification has no place in the inbox, so it takes nobody's.
        present = [document for document in batch.documents if document["_id"] not in muted]
        superseded = await self._superseding.supersede(present, session)
        intent = replace(batch.intent, notices=superseded.notices)
        must_queue = await self._intents.open_and_ask(intent, session)
        # Do this last: it stores the outcome of each item, and the writes above may be refused.
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
