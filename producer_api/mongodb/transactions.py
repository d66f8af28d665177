"""MongoDB transactions that end within seconds, with a known result if there can be one.

The drivers' own `with_transaction` does not fit: docs/adr/0014-mongodb-transactions.md.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import PyMongoError

# MongoDB's error labels.
_TRANSIENT = "TransientTransactionError"
_UNKNOWN = "UnknownTransactionCommitResult"

_PAUSE_SECONDS = 0.01
#: A transaction is not begun again after this time.
_BEGIN_SECONDS = 3.0
#: A commit is not sent again after this time.
_COMMIT_SECONDS = 10.0
# Passed to each transaction, because it takes them from the client (that is, from `MONGO_URL`) or
# from the server, and not from the database as other commands do.
_MAJORITY = WriteConcern(w="majority")

ResultT = TypeVar("ResultT")
Work = Callable[[AsyncIOMotorClientSession], Awaitable[ResultT]]


class CommitUnknownError(Exception):
    """A commit was sent and not answered: it may have been done, or not."""


async def transact(session: AsyncIOMotorClientSession, work: Work[ResultT]) -> ResultT:
    """Do the work in a transaction, and commit it to a majority. Return what the work returns.

    Does not commit if the work has aborted the transaction. Calls `work` again if the transaction
    failed before its commit was sent, because nothing was written then.

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
    """Commit, and send the commit again while its result is unknown.

    MongoDB answers a repeated commit with the result of the first one.
    """
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
