"""Marks notifications as seen, read or archived, and publishes events about the changes."""

from datetime import datetime

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.changes.exclusive import ChangeResult, ExclusiveChanges, OpenedIntent
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import Counts, difference
from producer_api.inbox.marks import Marks, event_types, with_changes
from producer_api.inbox.notifications import IdRange, Notifications
from producer_api.inbox.readable import check_readable
from producer_api.inbox.turns import Turns
from producer_api.outbox.intent import Intent
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import changed

# While a transaction locks notifications, delivery's writes to them wait. So keep it short.
_MAX_PER_TRANSACTION = 10_000


class Marking:
    """Marks one notification of a user, or all of them.

    One transaction writes the marks, reads the new counts, and opens an intent with the records.
    The records are published after the transaction. Each change takes its user's turn, and its
    intent is published after the intents that its transaction found open. So a user's records have
    the order of the changes, and the counts in the last record are right. The counts do not include
    a notification that is created at the same moment; the client counts it on receipt.
    """

    def __init__(
        self,
        changes: ExclusiveChanges,
        turns: Turns,
        notifications: Notifications,
        counts: InboxCounts,
        intents: Intents,
    ) -> None:
        self._changes = changes
        self._turns = turns
        self._notifications = notifications
        self._counts = counts
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
        """Mark one notification, and return it; None if the user has no such notification.

        The record carries the `traceparent` of the request. Raises `InboxBusyError`,
        `UnreadableError` or `pymongo.errors.PyMongoError` (nothing was written), or
        `CommitUnknownError`.
        """

        async def work(session: AsyncIOMotorClientSession) -> ChangeResult[Document | None]:
            # Take the turn first, so that no other change can alter what is read below.
            at = await self._turns.take(user_id, session)
            document = await self._notifications.find_of(user_id, notification_id, session)
            if document is not None:
                check_readable(document)
            changes = marks.changes(document, at) if document else {}
            if document is None or not changes:
                await session.abort_transaction()  # this also undoes the turn
                return document, None
            await self._notifications.change(notification_id, changes, session)
            marked = with_changes(document, changes)
            await self._counts.adjust(user_id, difference([document], [marked]), session)
            counts = await self._counts.read(user_id, at, session)
            event = InboxEvent(user_id, at, *counts, [marked])
            opened = await self._open_intent(event, event_types(changes), traceparent, session)
            return marked, opened

        return await self._changes.run(user_id, work)

    async def mark_all(
        self,
        user_id: str,
        marks: Marks,
        *,
        up_to: str | None = None,
        traceparent: str | None = None,
    ) -> Counts:
        """Mark all unread notifications as read, or all unseen ones as seen; return the counts.

        With `up_to`, marks only notifications with an id up to it. A large inbox takes several
        transactions, oldest notifications first. Raises the same errors as `mark`; after one, the
        oldest notifications may be marked already.
        """
        counts, last = await self._mark_oldest(user_id, marks, IdRange("", up_to), traceparent)
        while last is not None:
            counts, last = await self._mark_oldest(
                user_id, marks, IdRange(last, up_to), traceparent
            )
        return counts

    async def _mark_oldest(
        self, user_id: str, marks: Marks, within: IdRange, traceparent: str | None
    ) -> tuple[Counts, str | None]:
        """Mark in one transaction. Return the counts, and the last id if more may be left."""

        async def work(
            session: AsyncIOMotorClientSession,
        ) -> ChangeResult[tuple[Counts, str | None]]:
            at = await self._turns.take(user_id, session)
            oldest = await self._oldest(user_id, marks, within, at, session)
            if not oldest:
                counts = await self._counts.read(user_id, at, session)
                await session.abort_transaction()
                return (counts, None), None
            await self._notifications.mark([item["_id"] for item in oldest], marks, at, session)
            marked = [with_changes(item, marks.changes(item, at)) for item in oldest]
            await self._counts.adjust(user_id, difference(oldest, marked), session)
            counts = await self._counts.read(user_id, at, session)
            event = _sweep_event(user_id, at, counts, marks, marked)
            kind = EventType.READ if marks.read else EventType.SEEN
            opened = await self._open_intent(event, [kind], traceparent, session)
            last = marked[-1]["_id"] if len(oldest) == _MAX_PER_TRANSACTION else None
            return (counts, last), opened

        return await self._changes.run(user_id, work)

    async def _oldest(
        self,
        user_id: str,
        marks: Marks,
        within: IdRange,
        at: datetime,
        session: AsyncIOMotorClientSession,
    ) -> list[Document]:
        """Return the notifications to mark in this transaction, oldest first."""
        # Clients mark all as seen each time the inbox is opened, although little or nothing is
        # unseen. Find the oldest unseen notification first. Otherwise, MongoDB would search a large
        # inbox from its start. Later transactions of a sweep start where the previous one ended.
        if not marks.read and not within.begin:
            unseen_count = (await self._counts.read(user_id, at, session)).unseen_count
            first = await self._notifications.first_unseen(user_id, unseen_count, at, session)
            if first is None:
                return []
            within = IdRange(first, within.end)
        return await self._notifications.oldest_unmarked(
            user_id, marks, within, _MAX_PER_TRANSACTION, session
        )

    async def _open_intent(
        self,
        event: InboxEvent,
        types: list[EventType],
        traceparent: str | None,
        session: AsyncIOMotorClientSession,
    ) -> OpenedIntent:
        """Write the intent, and find the open intents to publish before it."""
        # These include the intents that created the notifications: a list may show a notification
        # before its record is on the log.
        ids = [document["_id"] for document in event.changed]
        predecessors = await self._intents.open_before([event.user_id], ids, session)
        records = [changed(self._ids.next(), kind, event, traceparent) for kind in types]
        intent = Intent(self._ids.next(), records=records)
        await self._intents.open(intent, session)
        return OpenedIntent(intent, predecessors)


def _sweep_event(
    user_id: str, at: datetime, counts: Counts, marks: Marks, marked: list[Document]
) -> InboxEvent:
    """Return the event about all marked notifications, which lists only the newest of them."""
    newest = list(reversed(marked[-CHANGED_LIMIT:]))
    up_to = newest[0]["_id"]
    read, seen = (up_to, None) if marks.read else (None, up_to)
    return InboxEvent(user_id, at, *counts, newest, read_up_to=read, seen_up_to=seen)
