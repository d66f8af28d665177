"""The one write of a batch: intent, notifications and idempotency records, all or none."""

import asyncio
from dataclasses import replace
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError, PyMongoError

from producer_api.contract.notification import Document
from producer_api.idempotency.store import Idempotency, KeyTakenError
from producer_api.inbox.changes.superseding import SupersedeResult, Superseding
from producer_api.intake.batch import Batch
from producer_api.intake.pending import Pending
from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import transact
from producer_api.outbox.intents import Intents


class DocumentRefusedError(Exception):
    """MongoDB refuses the document at this position of the batch; nothing was written."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"document {position} cannot be stored: {reason}")
        self.position = position


class Written(NamedTuple):
    """What has to be heeded in publishing a batch that is written."""

    must_queue: bool = False
    """The relay has work, and this must come behind it."""
    superseded: SupersedeResult = SupersedeResult()


class RequestsRepeatedError(Exception):
    """These requests of the batch were done before, by their keys; nothing was written."""

    def __init__(self, requests: set[Pending]) -> None:
        super().__init__("requests with these idempotency keys were done before")
        self.requests = requests


class Transaction:
    """Writes batches; gives up within seconds when MongoDB is away."""

    def __init__(
        self,
        client: Client,
        intents: Intents,
        idempotency: Idempotency,
        notifications: AsyncIOMotorCollection[Any],
        superseding: Superseding,
    ) -> None:
        self._client = client
        self._intents = intents
        self._idempotency = idempotency
        self._notifications = notifications
        self._superseding = superseding

    async def write(self, batch: Batch) -> Written:
        """Write it, and let what it supersedes give way.

        Raises `DocumentRefusedError`, `RequestsRepeatedError` or `pymongo.errors.PyMongoError`
        (nothing was written), or `CommitUnknownError`. What cannot be asked now must queue.
        """

        asked: list[asyncio.Task[bool]] = []

        async def fill(session: AsyncIOMotorClientSession) -> SupersedeResult:
            superseded = await self._fill(session, batch)
            # Beside the commit: what was queued before a caller of this batch asked is seen by
            # now, and a commit that succeeds says that the primary asked was none of the past.
            asked.append(asyncio.create_task(self._any_queued()))
            return superseded

        try:
            async with await self._client.start_session() as session:
                superseded = await transact(session, fill)
            return Written(await asked[-1], superseded)
        except KeyTakenError as error:
            raise RequestsRepeatedError(await self._repeated(batch, error.pending)) from error
        finally:
            for each in asked:
                each.cancel()  # of attempts that were begun anew; what has ended stays as it is
            if asked:
                await asyncio.wait(asked)

    async def _any_queued(self) -> bool:
        try:
            return await self._intents.any_queued()
        except PyMongoError:
            return True

    async def _repeated(self, batch: Batch, known: Pending) -> set[Pending]:
        """All requests of the batch that were done before; one look-up finds them."""
        keyed = {each.key.id: each for each in batch.requests if each.key is not None}
        taken = await self._idempotency.taken(list(keyed))
        return {known, *(keyed[key_id] for key_id in taken)}

    async def _fill(self, session: AsyncIOMotorClientSession, batch: Batch) -> SupersedeResult:
        await self._insert(session, batch)
        superseded = await self._superseding.supersede(batch.documents, session)
        await self._intents.open(replace(batch.intent, notices=superseded.notices), session)
        # Last, when all that can be refused has been: a record says what became of each.
        await self._idempotency.add(batch, session)
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
