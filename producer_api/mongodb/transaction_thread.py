"""Runs a whole transaction in one thread. Motor would switch threads for each of its commands.

docs/adr/0031-what-a-create-waits-for.md says how much time this saves, and what else was measured.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import (
    OPTIONS,
    CommitAttempts,
    ResultT,
    Work,
    until_no_transient_error,
)


class TransactionThread:
    """Runs transactions, one after another. Owns the thread for their commands.

    Everything that the work awaits must return without waiting, as the calls of `ThreadCollection`
    do.
    """

    def __init__(self, client: Client) -> None:
        self._client = client.delegate
        self._thread = ThreadPoolExecutor(1, "transaction-thread")

    async def transact(self, work: Work[ResultT]) -> ResultT:
        """Do the work in a transaction, as `transactions.transact` does, but in the thread.

        The work must not use anything that belongs to the event loop. Raises `CommitUnknownError`
        if the transaction may have been committed. If nothing was written, raises
        `pymongo.errors.PyMongoError` or any error of the work.
        """
        return await until_no_transient_error(partial(self._attempt, work))

    async def run(self, command: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Run commands without a transaction in the thread, and return their result."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _result_of(command()))

    async def _attempt(self, work: Work[ResultT]) -> ResultT:
        abandoned = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._transaction, work, abandoned
            )
        finally:
            # This matters only after a cancellation: the thread must not spend seconds on sending
            # the commit again while the process stops.
            abandoned.set()

    def _transaction(self, work: Work[ResultT], abandoned: threading.Event) -> ResultT:
        with self._client.start_session() as session, session.start_transaction(**OPTIONS):
            # The cast is safe: the stores only pass the session on, to collections that expect a
            # session of PyMongo.
            result = _result_of(work(cast("AsyncIOMotorClientSession", session)))
            _commit(session, abandoned)
            return result


def _result_of(awaitable: Awaitable[ResultT]) -> ResultT:
    """Run an awaitable that never waits, and return its result."""
    running = awaitable.__await__()
    try:
        next(running)
    except StopIteration as end:
        result: ResultT = end.value
        return result
    raise RuntimeError("a statement of a transaction in a thread must not wait for the event loop")


def _commit(session: ClientSession, abandoned: threading.Event) -> None:
    attempts = CommitAttempts()
    while True:
        try:
            return session.commit_transaction()
        except PyMongoError as error:
            pause = attempts.pause_after(error)
            if abandoned.wait(pause):
                raise
