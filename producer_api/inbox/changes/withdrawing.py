"""Withdraws notifications that the shop takes back, and publishes `notification.withdrawn`."""

from collections.abc import Awaitable, Callable
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.inbox_event import InboxEvent
from producer_api.contract.notification import Document
from producer_api.contract.stored import UnreadableError
from producer_api.inbox.changes.event_intents import EventIntents
from producer_api.inbox.changes.exclusive import ChangeResult, ExclusiveChanges
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import difference
from producer_api.inbox.marks import with_fields
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intents

#: Finds the notification to withdraw, in the session's transaction.
_Find = Callable[[AsyncIOMotorClientSession], Awaitable[Document | None]]


class Withdrawing:
    """Withdraws one notification at a time, even if it was delivered, superseded or expired.

    A withdrawn notification is gone from the lists and the counts, and is no longer owed. It keeps
    its marks and its `delivered_at`. The notifications that it superseded do not come back. A
    notification that is muted or withdrawn already stays as it is, and nothing is published.

    The transaction takes the user's turn. So a create with the same collapse key comes before it or
    after it, and the record is published after the records of all earlier changes and creates.
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

    async def withdraw(self, notification_id: str, *, traceparent: str | None = None) -> bool:
        """Withdraw this notification. Return False if it does not exist.

        The record carries the `traceparent` of the request. Raises `InboxBusyError`,
        `UnreadableError` or `pymongo.errors.PyMongoError` (nothing was written), or
        `CommitUnknownError`.
        """
        document = await self._notifications.find(notification_id)
        if document is None:
            return False
        user_id = document.get("user_id")
        if not isinstance(user_id, str):
            raise UnreadableError("the stored notification cannot be read: user_id is not a text")

        async def find(session: AsyncIOMotorClientSession) -> Document | None:
            return await self._notifications.find_of(user_id, notification_id, session)

        return await self._withdraw(user_id, find, traceparent)

    async def withdraw_standing(
        self, user_id: str, collapse_key: str, *, traceparent: str | None = None
    ) -> bool:
        """Withdraw the standing notification with this key. Return False if there is none.

        Raises the same errors as `withdraw`.
        """

        async def find(session: AsyncIOMotorClientSession) -> Document | None:
            standing = await self._notifications.standing({user_id: {collapse_key}}, session)
            return standing[0] if standing else None

        return await self._withdraw(user_id, find, traceparent)

    async def _withdraw(self, user_id: str, find: _Find, traceparent: str | None) -> bool:
        async def work(session: AsyncIOMotorClientSession) -> ChangeResult[bool]:
            # Take the turn first, so that no other change can alter what is read below.
            at = await self._turns.take(user_id, session)
            document = await find(session)
            if document is None or document.get("removed") is not None:
                await session.abort_transaction()  # this also undoes the turn
                return document is not None, None
            fields: dict[str, Any] = {"removed": "withdrawn", "withdrawn_at": at}
            await self._notifications.change(user_id, document["_id"], fields, session)
            withdrawn = with_fields(document, fields)
            await self._counts.adjust(user_id, difference([document], [withdrawn]), session)
            tally = await self._counts.tally(user_id, at, session)
            by_category = tally.of_changed([withdrawn])
            event = InboxEvent(user_id, at, *tally.counts, [withdrawn], by_category=by_category)
            events = [(EventType.WITHDRAWN, event)]
            return True, await self._events.open(events, traceparent, session)

        return await self._changes.run(user_id, work)
