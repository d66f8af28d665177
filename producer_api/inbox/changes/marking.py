"""Marking: what a shopper marks is written with its intent, and published in order."""

from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.changes.exclusive import Changing, Outcome, Written
from producer_api.inbox.changes.mark_rules import Marks, kinds_of, with_changes
from producer_api.inbox.counts.rules import Counts, difference
from producer_api.inbox.notifications import Notifications, Span
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.records import changed

# Delivery's writes wait for a transaction that holds their notifications: it must be a short one.
_MOST_AT_ONCE = 10_000


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

    async def mark_all(
        self,
        user_id: str,
        marks: Marks,
        *,
        up_to: str | None = None,
        traceparent: str | None = None,
    ) -> Counts:
        """Mark all that is unread as read, or all that is unseen as seen, whatever its number, up
        to the id `up_to` where there is one; the counts after it. Raises as `mark`, having marked
        the oldest, where there are more than one transaction should hold.
        """
        counts, last = await self._mark_oldest(user_id, marks, Span("", up_to), traceparent)
        while last is not None:
            counts, last = await self._mark_oldest(user_id, marks, Span(last, up_to), traceparent)
        return counts

    async def _mark_oldest(
        self, user_id: str, marks: Marks, within: Span, traceparent: str | None
    ) -> tuple[Counts, str | None]:
        """The counts, and up to where all is marked; None where nothing is left."""

        async def work(session: AsyncIOMotorClientSession) -> Outcome[tuple[Counts, str | None]]:
            at = await self._turns.take(user_id, session)
            oldest = await self._oldest(user_id, marks, within, at, session)
            if not oldest:
                counts = await self._notifications.counts(user_id, at, session)
                await session.abort_transaction()
                return (counts, None), None
            await self._notifications.mark([each["_id"] for each in oldest], marks, at, session)
            marked = [with_changes(each, marks.changes(each, at)) for each in oldest]
            await self._turns.adjust(user_id, difference(oldest, marked), session)
            counts = await self._notifications.counts(user_id, at, session)
            event = _swept(user_id, at, counts, marks, marked)
            kind = EventType.READ if marks.read else EventType.SEEN
            written = await self._write(event, [kind], traceparent, session)
            return (counts, marked[-1]["_id"] if len(oldest) == _MOST_AT_ONCE else None), written

        return await self._changing.do(user_id, work)

    async def _oldest(
        self,
        user_id: str,
        marks: Marks,
        within: Span,
        at: datetime,
        session: AsyncIOMotorClientSession,
    ) -> list[Document]:
        """What is to be marked first. An inbox of which nothing is unseen may be large, and opened
        often: it is not searched. Behind what was marked just now there is nothing to search for.
        """
        if not marks.read and not within.begin:
            first = await self._notifications.first_unseen(user_id, at, session)
            if first is None:
                return []
            within = Span(first, within.end)
        return await self._notifications.oldest_unmarked(
            user_id, marks, within, _MOST_AT_ONCE, session
        )

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


def _swept(
    user_id: str, at: datetime, counts: Counts, marks: Marks, marked: list[Document]
) -> InboxEvent:
    """What tells of all of these, and names the newest."""
    newest = list(reversed(marked[-CHANGED_LIMIT:]))
    up_to = newest[0]["_id"]
    read, seen = (up_to, None) if marks.read else (None, up_to)
    return InboxEvent(user_id, at, *counts, newest, read_up_to=read, seen_up_to=seen)
