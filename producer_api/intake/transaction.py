"""The transaction that writes a batch: notifications, intent, stored requests, all or nothing."""

import asyncio
from dataclasses import replace
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError, PyMongoError

from producer_api.contract.notification import Document
from producer_api.inbox.changes.superseding import SupersedeResult, Superseding
from producer_api.intake.batch import Batch
from producer_api.intake.pending import PendingRequest
from producer_api.intake.request_store import KeyTakenError, RequestStore
from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import transact
from producer_api.outbox.intents import Intents


class DocumentRefusedError(Exception):
    """MongoDB refuses the document at this position of the batch. Nothing was written."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"document {position} cannot be stored: {reason}")
        self.position = position


class RequestsRepeatedError(Exception):
    """The keys of these requests are taken by earlier requests. Nothing was written."""

    def __init__(self, requests: set[PendingRequest]) -> None:
        super().__init__("requests with these idempotency keys were done before")
        self.requests = requests


class WriteResult(NamedTuple):
    """What the publishing of a written batch must take into account."""

    must_queue: bool = False
    """Whether other intents are queued for the relay. Then this batch must queue behind them."""
    superseded: SupersedeResult = SupersedeResult()


class Transaction:
    """Writes batches. Gives up within seconds while MongoDB is away."""

    def __init__(
        self,
        client: Client,
        intents: Intents,
        requests: RequestStore,
        notifications: AsyncIOMotorCollection[Any],
        superseding: Superseding,
    ) -> None:
        self._client = client
        self._intents = intents
        self._requests = requests
        self._notifications = notifications
        self._superseding = superseding

    async def write(self, batch: Batch) -> WriteResult:
        """Write the batch, and supersede older notifications.

        Raises `DocumentRefusedError`, `RequestsRepeatedError` or `pymongo.errors.PyMongoError`
        (nothing was written), or `CommitUnknownError`.
        """
        queries: list[asyncio.Task[bool]] = []

        async def fill(session: AsyncIOMotorClientSession) -> SupersedeResult:
            superseded = await self._fill(session, batch)
            # This query runs in parallel with the commit. It sees everything that was queued before
            # a request of this batch arrived, because that was durable by then. If the commit
            # succeeds, the query was not answered by a deposed primary.
            queries.append(asyncio.create_task(self._any_queued()))
            return superseded

        try:
            async with await self._client.start_session() as session:
                superseded = await transact(session, fill)
            return WriteResult(await queries[-1], superseded)
        except KeyTakenError as error:
            raise RequestsRepeatedError(await self._repeated(batch, error.request)) from error
        finally:
            for query in queries:
                query.cancel()  # the queries of retried attempts; no effect on those that ended
            if queries:
                await asyncio.wait(queries)

    async def _any_queued(self) -> bool:
        try:
            return await self._intents.any_queued()
        except PyMongoError:
            return True  # unknown, so let the batch queue, which always keeps the order

    async def _repeated(self, batch: Batch, repeated: PendingRequest) -> set[PendingRequest]:
        """Return all requests of the batch whose keys are taken, by one query."""
        keyed = {request.key.id: request for request in batch.requests if request.key is not None}
        taken = await self._requests.taken(list(keyed))
        return {repeated, *(keyed[key_id] for key_id in taken)}

    async def _fill(self, session: AsyncIOMotorClientSession, batch: Batch) -> SupersedeResult:
        await self._insert(session, batch)
        superseded = await self._superseding.supersede(batch.documents, session)
        await self._intents.open(replace(batch.intent, notices=superseded.notices), session)
        # Last, after every write that can be refused, because it stores the outcome of each item.
        await self._requests.add(batch, session)
        return superseded

    async def _insert(self, session: AsyncIOMotorClientSession, batch: Batch) -> None:
        try:
            await self._notifications.insert_many(batch.documents, session=session)
        except BulkWriteError as error:
            if not error.details["writeErrors"]:
                raise
            first = error.details["writeErrors"][0]
            raise DocumentRefusedError(first["index"], first["errmsg"]) from error
        except (BSONError, OverflowError, ValueError) as error:
            raise DocumentRefusedError(_unwritable(batch.documents), str(error)) from error


def _unwritable(documents: list[Document]) -> int:
    for position, document in enumerate(documents):
        try:
            bson.encode(document)
        except (BSONError, OverflowError, ValueError):
            return position
    raise AssertionError("the batch was refused, but each of its documents can be encoded")
