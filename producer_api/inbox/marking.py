"""Marking: what a shopper marks is written with its intent, and published in order."""

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.changing import Changing, Outcome, Written
from producer_api.inbox.counting import Counts, difference
from producer_api.inbox.marks import Marks, kinds_of, with_changes
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.records import changed

# Delivery's writes wait for a transaction that holds their notifications: it must be a short one.
_READ_LIMIT = 10_000


class Marking:
    """Marks one notification or all of a user's: one transaction for the marks, the counts after
    them and the intent with its records; then their publishing.

    Each change takes its user's turn, and its intent is published behind those that its transaction
    found open. So the order of a user's changes is the order of their records, and the counts of
    the last one are right; a create in the same moment is counted by the client that gets it.
    """

    def __init__(
        self, changing: Changing, turns: Turns, notifications: Notifications, intents: Intents
    ) -> None:
        self._changing = changing
        self._turns = turns
        self._notifications = notifications
        self._intents = intents
        self._ids = IdSource()

    async def mark(
        self,
        user_id: str,
        notification_id: str,
        marks: Marks,
        *,
        traceparent: str | None = None,
    ) -> Document | None:
        """The user's notification as it is marked then; None where the user has none of this id.
        The record of it carries the trace of who marked.

        Raises `InboxBusyError`, `pymongo.errors.PyMongoError` (nothing was written), or
        `CommitUnknownError`.
        """

        async def work(session: AsyncIOMotorClientSession) -> Outcome[Document | None]:
            at = await self._turns.take(user_id, session)
            document = await self._notifications.find_of(user_id, notification_id, session)
            changes = marks.changes(document, at) if document else {}
            if document is None or not changes:
                await session.abort_transaction()  # not even the turn is taken then
                return document, None
            await self._notifications.change(notification_id, changes, session)
            marked = with_changes(document, changes)
            await self._turns.adjust(user_id, difference([document], [marked]), session)
            counts = await self._notifications.counts(user_id, at, session)
            event = InboxEvent(user_id, at, *counts, [marked])
            return marked, await self._write(event, kinds_of(changes), traceparent, session)

        return await self._changing.do(user_id, work)

    async def mark_all_read(self, user_id: str, *, traceparent: str | None = None) -> Counts:
        """Mark all that is unread, whatever its number; the counts after it. Raises as `mark`,
        having marked the oldest, where there are more than one transaction should hold.
        """
        counts, read_up_to = await self._mark_oldest_read(user_id, "", traceparent)
        while read_up_to is not None:
            counts, read_up_to = await self._mark_oldest_read(user_id, read_up_to, traceparent)
        return counts

    async def _mark_oldest_read(
        self, user_id: str, after: str, traceparent: str | None
    ) -> tuple[Counts, str | None]:
        """The counts, and up to where all is read; None where nothing unread is left."""

        async def work(session: AsyncIOMotorClientSession) -> Outcome[tuple[Counts, str | None]]:
            at = await self._turns.take(user_id, session)
            oldest = await self._notifications.oldest_unread(user_id, after, _READ_LIMIT, session)
            if not oldest:
                counts = await self._notifications.counts(user_id, at, session)
                await session.abort_transaction()
                return (counts, None), None
            await self._notifications.read([each["_id"] for each in oldest], at, session)
            await self._turns.adjust(user_id, difference(oldest, []), session)
            newest = reversed(oldest[-CHANGED_LIMIT:])
            marked = [with_changes(each, Marks(read=True).changes(each, at)) for each in newest]
            counts = await self._notifications.counts(user_id, at, session)
            up_to = marked[0]["_id"]
            event = InboxEvent(user_id, at, *counts, marked, read_up_to=up_to)
            written = await self._write(event, [EventType.READ], traceparent, session)
            return (counts, up_to if len(oldest) == _READ_LIMIT else None), written

        return await self._changing.do(user_id, work)

    async def _write(
        self,
        event: InboxEvent,
        kinds: list[EventType],
        traceparent: str | None,
        session: AsyncIOMotorClientSession,
    ) -> Written:
        """Write the intent, and find what its records must come behind."""
        ids = [document["_id"] for document in event.changed]
        behind = await self._intents.open_before([event.user_id], ids, session)
        records = [changed(self._ids.next(), kind, event, traceparent) for kind in kinds]
        intent = Intent(self._ids.next(), records=records)
        await self._intents.open(intent, session)
        return Written(intent, behind)
