"""Marks notifications as seen, read or archived, and publishes events about the changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.inbox_event import CHANGED_LIMIT, InboxEvent
from producer_api.contract.notification import Document
from producer_api.inbox.changes.event_intents import EventIntents
from producer_api.inbox.changes.exclusive import ChangeResult, ExclusiveChanges
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import Counts, Tally, difference
from producer_api.inbox.marks import MarkChange, event_types, with_fields
from producer_api.inbox.notifications import IdRange, Notifications
from producer_api.inbox.readable import check_readable
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intents

# While a transaction locks notifications, delivery's writes to them wait. So keep it short.
_MAX_PER_TRANSACTION = 10_000


class Selection(NamedTuple):
    """Names a user's notifications to mark: those with these ids, or the standing one of a key."""

    ids: Sequence[str] = ()
    collapse_key: str | None = None


class Marking:
    """Marks one notification of a user, some that the caller chooses, or all of them.

    One transaction writes the marks, reads the new counts, and opens an intent with the records.
    The records are published after the transaction. Each change takes its user's turn, and its
    intent is published after the intents that its transaction found open. So a user's records have
    the order of the changes, and the counts in the last record are right. The counts do not include
    a notification that is created at the same moment; the client counts it when it arrives.
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
        self._events = EventIntents(intents)

    async def mark(
        self,
        user_id: str,
        notification_id: str,
        marks: MarkChange,
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
            await self._notifications.change(user_id, notification_id, changes, session)
            marked = with_fields(document, changes)
            await self._counts.adjust(user_id, difference([document], [marked]), session)
            tally = await self._counts.tally(user_id, at, session)
            by_category = tally.of_changed([marked])
            event = InboxEvent(user_id, at, *tally.counts, [marked], by_category=by_category)
            events = [(kind, event) for kind in event_types(changes)]
            return marked, await self._events.open(events, traceparent, session)

        return await self._changes.run(user_id, work)

    async def mark_chosen(
        self, user_id: str, marks: MarkChange, chosen: Selection, *, traceparent: str | None = None
    ) -> Counts:
        """Mark the chosen notifications, even archived ones, as read or seen. Return the counts.

        Ignores ids that the user's inbox does not have, and a key without a standing notification.
        One transaction marks all. Raises the same errors as `mark`.
        """

        async def work(session: AsyncIOMotorClientSession) -> ChangeResult[Counts]:
            at = await self._turns.take(user_id, session)
            found = await self._find(user_id, chosen, session)
            unmarked = [document for document in found if marks.changes(document, at)]
            if not unmarked:
                counts = await self._counts.read(user_id, at, session)
                await session.abort_transaction()
                return counts, None
            ids = [item["_id"] for item in unmarked]
            await self._notifications.mark(user_id, ids, marks, at, session)
            marked = [with_fields(item, marks.changes(item, at)) for item in unmarked]
            await self._counts.adjust(user_id, difference(unmarked, marked), session)
            tally = await self._counts.tally(user_id, at, session)
            by_category = tally.of_changed(marked)
            kind = EventType.READ if marks.read else EventType.SEEN
            events: list[tuple[EventType, InboxEvent]] = []
            for start in range(0, len(marked), CHANGED_LIMIT):
                # Consumers drop an event whose time is not later than that of the previous event.
                # So take a new turn, with a later time, for each further event.
                moment = await self._turns.take(user_id, session) if events else at
                newest_first = marked[start : start + CHANGED_LIMIT][::-1]
                event = InboxEvent(
                    user_id, moment, *tally.counts, newest_first, by_category=by_category
                )
                events.append((kind, event))
            return tally.counts, await self._events.open(events, traceparent, session)

        return await self._changes.run(user_id, work)

    async def _find(
        self, user_id: str, chosen: Selection, session: AsyncIOMotorClientSession
    ) -> list[Document]:
        if chosen.collapse_key is not None:
            return await self._notifications.standing({user_id: {chosen.collapse_key}}, session)
        return await self._notifications.chosen(user_id, list(chosen.ids), session)

    async def mark_all(
        self,
        user_id: str,
        marks: MarkChange,
        *,
        up_to: str | None = None,
        traceparent: str | None = None,
    ) -> Counts:
        """Mark all unread notifications as read, or all unseen ones as seen; return the counts.

        With `up_to`, marks only notifications up to this id. A large inbox takes several
        transactions, oldest notifications first. Raises the same errors as `mark`. After an error,
        the oldest notifications may be marked already.
        """
        counts, last = await self._mark_oldest(user_id, marks, IdRange("", up_to), traceparent)
        while last is not None:
            counts, last = await self._mark_oldest(
                user_id, marks, IdRange(last, up_to), traceparent
            )
        return counts

    async def _mark_oldest(
        self, user_id: str, marks: MarkChange, within: IdRange, traceparent: str | None
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
            ids = [item["_id"] for item in oldest]
            await self._notifications.mark(user_id, ids, marks, at, session)
            marked = [with_fields(item, marks.changes(item, at)) for item in oldest]
            await self._counts.adjust(user_id, difference(oldest, marked), session)
            tally = await self._counts.tally(user_id, at, session)
            event = _sweep_event(user_id, at, tally, marks, marked)
            kind = EventType.READ if marks.read else EventType.SEEN
            opened = await self._events.open([(kind, event)], traceparent, session)
            last = marked[-1]["_id"] if len(oldest) == _MAX_PER_TRANSACTION else None
            return (tally.counts, last), opened

        return await self._changes.run(user_id, work)

    async def _oldest(
        self,
        user_id: str,
        marks: MarkChange,
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
            user_id, marks, within, _MAX_PER_TRANSACTION, at, session
        )


def _sweep_event(
    user_id: str, at: datetime, tally: Tally, marks: MarkChange, marked: list[Document]
) -> InboxEvent:
    """Return the event about all marked notifications, which lists only the newest of them."""
    newest = list(reversed(marked[-CHANGED_LIMIT:]))
    up_to = newest[0]["_id"]
    read, seen = (up_to, None) if marks.read else (None, up_to)
    return InboxEvent(
        user_id,
        at,
        *tally.counts,
        newest,
        read_up_to=read,
        seen_up_to=seen,
        by_category=tally.of_changed(marked),
    )
