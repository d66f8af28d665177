"""Marking: what a shopper marks is written with its intent, and published in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar
from weakref import WeakValueDictionary

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.counting import Counts, difference
from producer_api.inbox.marks import Marks, kinds_of, with_changes
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.mongo import Client
from producer_api.outbox.handover import Handover
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.records import changed
from producer_api.settings import Settings
from producer_api.transactions import Work, transact


class _Written(NamedTuple):
    """An intent, and the open ones that its records must come behind."""

    intent: Intent
    behind: list[str]


# Delivery's writes wait for a transaction that holds their notifications: it must be a short one.
_READ_LIMIT = 10_000

ResultT = TypeVar("ResultT")
_Outcome = tuple[ResultT, _Written | None]


class MarkingBusyError(Exception):
    """Nothing was written: too many marks are waiting. Try again later."""


class Marking:
    """Does one change of a user's inbox at a time, whole: one transaction for the marks, the counts
    after them and the intent with its records; then their publishing. Different users' go side by
    side.

    Owns the users' locks, which are there while somebody waits for them. Between processes `Turns`
    decides who is first, and each intent is published behind those that its transaction found open.
    So the order of a user's changes is the order of their records, and the counts of the last one
    are right; a create in the same moment is counted by the client that gets it.
    """

    def __init__(
        self,
        settings: Settings,
        client: Client,
        turns: Turns,
        notifications: Notifications,
        intents: Intents,
        handover: Handover,
    ) -> None:
        self._settings = settings
        self._client = client
        self._turns = turns
        self._notifications = notifications
        self._intents = intents
        self._handover = handover
        self._ids = IdSource()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._pending = 0

    async def mark(self, user_id: str, notification_id: str, marks: Marks) -> Document | None:
        """The user's notification as it is marked then; None where the user has none of this id.

        Raises `MarkingBusyError`, `pymongo.errors.PyMongoError` (nothing was written), or
        `CommitUnknownError`.
        """

        async def work(session: AsyncIOMotorClientSession) -> _Outcome[Document | None]:
            at = await self._turns.take(user_id, session)
            document = await self._notifications.find_of(user_id, notification_id, session)
            changes = marks.changes(document, at) if document else {}
            if document is None or not changes:
                return document, None
            await self._notifications.change(notification_id, changes, session)
            marked = with_changes(document, changes)
            await self._turns.adjust(user_id, difference([document], [marked]), session)
            counts = await self._notifications.counts(user_id, at, session)
            event = InboxEvent(user_id, at, *counts, [marked])
            return marked, await self._write(event, kinds_of(changes), session)

        return await self._do(user_id, work)

    async def mark_all_read(self, user_id: str) -> Counts:
        """Mark all that is unread, whatever its number; the counts after it. Raises as `mark`,
        having marked the oldest, where there are more than one transaction should hold.
        """
        counts, read_up_to = await self._mark_oldest_read(user_id, after="")
        while read_up_to is not None:
            counts, read_up_to = await self._mark_oldest_read(user_id, after=read_up_to)
        return counts

    async def _mark_oldest_read(self, user_id: str, after: str) -> tuple[Counts, str | None]:
        """The counts, and up to where all is read; None where nothing unread is left."""

        async def work(session: AsyncIOMotorClientSession) -> _Outcome[tuple[Counts, str | None]]:
            at = await self._turns.take(user_id, session)
            oldest = await self._notifications.oldest_unread(user_id, after, _READ_LIMIT, session)
            if not oldest:
                return (await self._notifications.counts(user_id, at, session), None), None
            await self._notifications.read([each["_id"] for each in oldest], at, session)
            await self._turns.adjust(user_id, difference(oldest, []), session)
            newest = reversed(oldest[-CHANGED_LIMIT:])
            marked = [with_changes(each, Marks(read=True).changes(each, at)) for each in newest]
            counts = await self._notifications.counts(user_id, at, session)
            up_to = marked[0]["_id"]
            event = InboxEvent(user_id, at, *counts, marked, read_up_to=up_to)
            written = await self._write(event, [EventType.READ], session)
            return (counts, up_to if len(oldest) == _READ_LIMIT else None), written

        return await self._do(user_id, work)

    async def _write(
        self, event: InboxEvent, kinds: list[EventType], session: AsyncIOMotorClientSession
    ) -> _Written:
        """Write the intent, and find what its records must come behind."""
        ids = [document["_id"] for document in event.changed]
        behind = await self._intents.open_before(event.user_id, ids, session)
        records = [changed(self._ids.next(), kind, event) for kind in kinds]
        intent = Intent(self._ids.next(), records=records)
        await self._intents.open(intent, session)
        return _Written(intent, behind)

    async def _do(self, user_id: str, work: Work[_Outcome[ResultT]]) -> ResultT:
        async def whole(session: AsyncIOMotorClientSession) -> _Outcome[ResultT]:
            result, written = await work(session)
            if written is None:
                await session.abort_transaction()  # not even the turn is taken then
            return result, written

        async with self._alone(user_id), await self._client.start_session() as session:
            result, written = await transact(session, whole)
            if written is not None:
                await self._handover.in_order(written.intent, written.behind, session)
            return result

    @asynccontextmanager
    async def _alone(self, user_id: str) -> AsyncIterator[None]:
        """While this user's other changes, in this process, wait."""
        if self._pending >= self._settings.producer_api_max_pending:
            raise MarkingBusyError("too many marks are waiting")
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        self._pending += 1
        try:
            try:
                async with asyncio.timeout(self._settings.producer_api_create_timeout_seconds):
                    await lock.acquire()
            except TimeoutError:
                raise MarkingBusyError("too many of this user's marks are waiting") from None
            try:
                yield
            finally:
                lock.release()
        finally:
            self._pending -= 1
