"""MongoDB transactions that end within seconds, with a known result whenever possible.

docs/adr/0014-mongodb-transactions.md says why the driver's own `with_transaction` does not fit.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import OperationFailure, PyMongoError

# MongoDB's error labels.
_TRANSIENT = "TransientTransactionError"
_UNKNOWN = "UnknownTransactionCommitResult"
#: The code of a command whose session was killed while it was executed. Such errors have no label.
_INTERRUPTED = 11_601

_PAUSE_SECONDS = 0.01
#: A transaction is not retried after this time.
_BEGIN_SECONDS = 3.0
#: A commit is not sent again after this time.
_COMMIT_SECONDS = 10.0
# Each transaction needs its own write concern. Otherwise, it would use that of the client (from
# `MONGO_URL`) or of the server. Commands outside transactions use that of the database.
OPTIONS: dict[str, Any] = {
    "write_concern": WriteConcern(w="majority"),
    "read_preference": ReadPreference.PRIMARY,
}

ResultT = TypeVar("ResultT")
Work = Callable[[AsyncIOMotorClientSession], Awaitable[ResultT]]


class CommitUnknownError(Exception):
    """A commit was sent, but not answered. It may or may not have succeeded."""


class CommitAttempts:
    """Decides whether a commit is sent again. Its time limit starts when the object is created.

    MongoDB answers a repeated commit with the result of the first one.
    """

    def __init__(self) -> None:
        self._deadline = time.monotonic() + _COMMIT_SECONDS

    def pause_after(self, error: PyMongoError) -> float:
        """Return the seconds to wait before the commit is sent again.

        Raises the error if it says that nothing was written. Raises `CommitUnknownError` if it is
        too late for another attempt.
        """
        if not error.has_error_label(_UNKNOWN) and not _is_interrupted(error):
            raise error
        if time.monotonic() >= self._deadline:
            raise CommitUnknownError("MongoDB has not answered the commit") from error
        return _PAUSE_SECONDS


async def transact(session: AsyncIOMotorClientSession, work: Work[ResultT]) -> ResultT:
    """Do the work in a transaction, commit to a majority, and return the work's result.

    Does not commit if the work has aborted the transaction. Calls `work` again after a transient
    error, because nothing was written then.

    Raises `CommitUnknownError` if the work may have been committed. If nothing was written, raises
    `pymongo.errors.PyMongoError` or any error of the work.
    """

    async def attempt() -> ResultT:
        async with session.start_transaction(**OPTIONS):
            result = await work(session)
            if session.in_transaction:  # type: ignore[truthy-function] # a property
                await _commit(session)
            return result

    return await until_no_transient_error(attempt)


async def until_no_transient_error(attempt: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Attempt a transaction, and try it again after each transient error, for at most 3 s.

    An attempt that ends with such an error has written nothing. An interrupted statement is such an
    error: another process took the transaction for abandoned, and MongoDB has aborted it. An
    interrupted commit is sent again instead, see `CommitAttempts`. Raises any other error at once,
    and the last error after 3 s.
    """
    deadline = time.monotonic() + _BEGIN_SECONDS
    while True:
        try:
            return await attempt()
        except PyMongoError as error:
            is_transient = error.has_error_label(_TRANSIENT) or _is_interrupted(error)
            if not is_transient or time.monotonic() >= deadline:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)


def _is_interrupted(error: PyMongoError) -> bool:
    return isinstance(error, OperationFailure) and error.code == _INTERRUPTED


async def _commit(session: AsyncIOMotorClientSession) -> None:
    attempts = CommitAttempts()
    while True:
        try:
            return await session.commit_transaction()
        except PyMongoError as error:
            await asyncio.sleep(attempts.pause_after(error))
