"""One change of an inbox: alone with its user, in one transaction, then published in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar
from weakref import WeakValueDictionary

from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import Work, transact
from producer_api.outbox.handover import Handover
from producer_api.outbox.intents import Intent
from producer_api.settings import Settings


class Written(NamedTuple):
    """An intent, and the open ones that its records must come behind."""

    intent: Intent
    behind: list[str]


ResultT = TypeVar("ResultT")
Outcome = tuple[ResultT, Written | None]


class InboxBusyError(Exception):
    """Nothing was written: too many changes are waiting. Try again later."""


class Changing:
    """Does one change of a user's inbox at a time; different users' go side by side.

    Owns the users' locks, which are there while somebody waits for them. Between processes `Turns`
    decides who is first: each change takes its user's turn.
    """

    def __init__(self, settings: Settings, client: Client, handover: Handover) -> None:
        self._settings = settings
        self._client = client
        self._handover = handover
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._pending = 0

    async def do(self, user_id: str, work: Work[Outcome[ResultT]]) -> ResultT:
        """Do the work in a transaction, publish what it has written, and answer its result. Work
        that finds nothing to do aborts the transaction.

        Raises `InboxBusyError`, `pymongo.errors.PyMongoError` (nothing was written), or
        `CommitUnknownError`.
        """
        async with self._alone(user_id), await self._client.start_session() as session:
            result, written = await transact(session, work)
            if written is not None:
                await self._handover.in_order(written.intent, written.behind, session)
            return result

    @asynccontextmanager
    async def _alone(self, user_id: str) -> AsyncIterator[None]:
        """While this user's other changes, in this process, wait."""
        if self._pending >= self._settings.producer_api_max_pending:
            raise InboxBusyError("too many changes are waiting")
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        self._pending += 1
        try:
            try:
                async with asyncio.timeout(self._settings.producer_api_create_timeout_seconds):
                    await lock.acquire()
            except TimeoutError:
                raise InboxBusyError("too many of this user's changes are waiting") from None
            try:
                yield
            finally:
                lock.release()
        finally:
            self._pending -= 1
