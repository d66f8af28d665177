"""MongoDB transactions that come to an end within seconds, and whose end is known if it can be."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import PyMongoError

_TRANSIENT = "TransientTransactionError"
_UNKNOWN = "UnknownTransactionCommitResult"
_PAUSE_SECONDS = 0.01
_BEGIN_SECONDS = 3.0
_COMMIT_SECONDS = 10.0
# A transaction has these of its client (so of `MONGO_URL`) or of the server, not of the database.
_MAJORITY = WriteConcern(w="majority")

ResultT = TypeVar("ResultT")
Work = Callable[[AsyncIOMotorClientSession], Awaitable[ResultT]]


class CommitUnknownError(Exception):
    """The commit was sent, and no answer could be had: it may have been done, or not."""


async def transact(session: AsyncIOMotorClientSession, work: Work[ResultT]) -> ResultT:
    """Do the work in a transaction, and commit it, to a majority, unless the work has aborted it.

    A transaction that failed before its commit was sent has written nothing, and is begun anew
    while there is time. A commit without an answer is asked again, which MongoDB answers with
    what became of it; only when time runs out over that is the outcome unknown.

    Raises `pymongo.errors.PyMongoError` (nothing was written), `CommitUnknownError`, or what the
    work raises (nothing was written).
    """
    deadline = time.monotonic() + _BEGIN_SECONDS
    while True:
        try:
            async with session.start_transaction(
                write_concern=_MAJORITY, read_preference=ReadPreference.PRIMARY
            ):
                result = await work(session)
                if session.in_transaction:  # type: ignore[truthy-function] # a property
                    await _commit(session)
                return result
        except PyMongoError as error:
            if not error.has_error_label(_TRANSIENT) or time.monotonic() >= deadline:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)


async def _commit(session: AsyncIOMotorClientSession) -> None:
    deadline = time.monotonic() + _COMMIT_SECONDS
    while True:
        try:
            return await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(_UNKNOWN):
                raise
            if time.monotonic() >= deadline:
                raise CommitUnknownError("MongoDB has not answered the commit") from error
            await asyncio.sleep(_PAUSE_SECONDS)
