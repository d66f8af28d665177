"""Runs one change of a user's inbox at a time: first its transaction, then its publishing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar
from weakref import WeakValueDictionary

from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import Work, transact
from producer_api.outbox.handover import Handover
from producer_api.outbox.intent import Intent
from producer_api.settings import Settings


class OpenedIntent(NamedTuple):
    """The intent that a change opened, and the ids of the intents to publish before this one."""

    intent: Intent
    predecessors: list[str]


ResultT = TypeVar("ResultT")
#: What the work of a change returns: its result, and its intent (None if it changed nothing).
ChangeResult = tuple[ResultT, OpenedIntent | None]


class InboxBusyError(Exception):
    """Too many changes are waiting. Nothing was written; the caller may try again later."""


class ExclusiveChanges:
    """Runs the changes of one user's inbox one after another, and those of other users in parallel.

    Owns a lock per user, which exists while a task holds it or waits for it. The locks keep the
    transactions of this process from conflicting. Across processes, `Turns` orders the changes,
    because each change takes its user's turn.
    """

    def __init__(self, settings: Settings, client: Client, handover: Handover) -> None:
        self._settings = settings
        self._client = client
        self._handover = handover
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._pending = 0

    async def run(self, user_id: str, work: Work[ChangeResult[ResultT]]) -> ResultT:
        """Do the work in a transaction, publish the intent it opened, and return its result.

        Work that finds nothing to do aborts the transaction. Raises `InboxBusyError` or
        `pymongo.errors.PyMongoError` (nothing was written), or `CommitUnknownError`.
        """
        async with self._alone(user_id), await self._client.start_session() as session:
            result, opened = await transact(session, work)
            if opened is not None:
                # Publish before releasing the lock. Otherwise the next change would find this
                # intent open, and poll MongoDB until it is published.
                await self._handover.publish_in_order(opened.intent, opened.predecessors, session)
            return result

    @asynccontextmanager
    async def _alone(self, user_id: str) -> AsyncIterator[None]:
        """Hold the user's lock. Raises `InboxBusyError` if the queue or the wait is too long."""
        if self._pending >= self._settings.producer_api_max_pending:
            raise InboxBusyError("too many inbox changes are waiting; try again later")
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        self._pending += 1
        try:
            try:
                async with asyncio.timeout(self._settings.producer_api_create_timeout_seconds):
                    await lock.acquire()
            except TimeoutError:
                raise InboxBusyError(
                    "too many changes of this user's inbox are waiting; try again later"
                ) from None
            try:
                yield
            finally:
                lock.release()
        finally:
            self._pending -= 1
