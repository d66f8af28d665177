"""The one write of a batch: its intent and its notifications, all or none."""

from dataclasses import replace
from typing import Any, NamedTuple

import bson
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo.errors import BulkWriteError, PyMongoError

from producer_api.contract.notification import Document
from producer_api.inbox.superseding import Superseded, Superseding
from producer_api.intake.batch import Batch
from producer_api.mongo import Client
from producer_api.outbox.intents import Intents
from producer_api.transactions import transact


class DocumentRefusedError(Exception):
    """MongoDB refuses the document at this position of the batch; nothing was written."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"document {position} cannot be stored: {reason}")
        self.position = position


class Written(NamedTuple):
    """What has to be heeded in publishing a batch that is written."""

    must_queue: bool = False
    """The relay has work, and this must come behind it."""
    superseded: Superseded = Superseded()


class Transaction:
    """Writes batches; gives up within seconds when MongoDB is away."""

    def __init__(
        self,
        client: Client,
        intents: Intents,
        notifications: AsyncIOMotorCollection[Any],
        superseding: Superseding,
    ) -> None:
        self._client = client
        self._intents = intents
        self._notifications = notifications
        self._superseding = superseding

    async def write(self, batch: Batch) -> Written:
        """Write it, and let what it supersedes give way.

        Raises `DocumentRefusedError` and `pymongo.errors.PyMongoError` (nothing was written), or
        `CommitUnknownError`. A `PyMongoError` after the commit is none: then it must queue.
        """

        async def fill(session: AsyncIOMotorClientSession) -> Superseded:
            await self._insert(session, batch)
            superseded = await self._superseding.by(batch.documents, session)
            await self._intents.open(replace(batch.intent, notices=superseded.notices), session)
            return superseded

        async with await self._client.start_session() as session:
            superseded = await transact(session, fill)
            try:
                # The session reads what it wrote or later, and so whatever was queued before.
                return Written(await self._intents.any_queued(session), superseded)
            except PyMongoError:
                return Written(must_queue=True, superseded=superseded)

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
