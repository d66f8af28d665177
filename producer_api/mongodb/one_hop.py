"""Runs a whole transaction in one thread. Motor would change threads for each of its commands.

docs/adr/0031-what-a-create-waits-for.md has what this saves, and what else was measured.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import OPTIONS, CommitAttempts, ResultT


class OneHop:
    """Makes one attempt at a transaction. Owns the thread for its commands.

    The caller repeats the transaction in the usual way (`transact`) if the attempt fails with a
    transient error. So there is one place that decides how often to repeat.
    """

    def __init__(self, client: Client) -> None:
        self._client = client.delegate
        self._thread = ThreadPoolExecutor(1, "one-hop")

    async def transact(self, statements: Callable[[ClientSession], ResultT]) -> ResultT:
        """Execute the statements in a transaction, commit to a majority, and return their result.

        Raises `CommitUnknownError` if the transaction may have been committed. If nothing was
        written, raises `pymongo.errors.PyMongoError` or any error of the statements.
        """
        abandoned = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._attempt, statements, abandoned
            )
        finally:
            # Only matters after a cancellation: the thread must not send the commit again for
            # seconds while the process stops.
            abandoned.set()

    def _attempt(
        self, statements: Callable[[ClientSession], ResultT], abandoned: threading.Event
    ) -> ResultT:
        with self._client.start_session() as session, session.start_transaction(**OPTIONS):
            result = statements(session)
            _commit(session, abandoned)
            return result


def _commit(session: ClientSession, abandoned: threading.Event) -> None:
    attempts = CommitAttempts()
    while True:
        try:
            return session.commit_transaction()
        except PyMongoError as error:
            pause = attempts.pause_after(error)
            if abandoned.wait(pause):
                raise
