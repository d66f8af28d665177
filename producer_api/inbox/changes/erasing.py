"""Erasing: deletes everything stored about a user, and publishes `notification.erased`."""

import time
from collections.abc import Awaitable, Callable, Sequence

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource, is_id
from producer_api.contract.inbox_event import InboxEvent
from producer_api.inbox.changes.exclusive import ChangeResult, ExclusiveChanges, OpenedIntent
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import difference
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intent import Intent
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import changed

#: Deletes everything that a store has about the user, in the session's transaction.
Forget = Callable[[str, AsyncIOMotorClientSession], Awaitable[None]]

# While a transaction locks notifications, delivery's writes to them wait. So keep it short.
_ERASE_LIMIT = 1_000


class Erasing:
    """Erases a user in transactions of up to a thousand notifications, oldest first.

    Each transaction takes the user's turn. The last one erases the newest notifications, and opens
    the intent of `notification.erased`, which is published after every intent that was open then.
    It opens the intent even if no notification is left: the request may be a repeat after a lost
    answer, and the record must be published in any case.
    """

    def __init__(
        self,
        changes: ExclusiveChanges,
        turns: Turns,
        notifications: Notifications,
        counts: InboxCounts,
        intents: Intents,
        forget: Sequence[Forget],
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._changes = changes
        self._turns = turns
        self._notifications = notifications
        self._counts = counts
        self._intents = intents
        self._forget = forget
        self._ids = IdSource(clock_ns)

    async def erase(self, user_id: str, *, traceparent: str | None = None) -> None:
        """Erase everything that was accepted for the user before this call.

        Raises `InboxBusyError`, `pymongo.errors.PyMongoError` or `CommitUnknownError`. After an
        error, the oldest notifications may be erased already. Repeat the request to erase the rest.
        """
        while not await self._erase_oldest(user_id, traceparent):
            pass

    async def _erase_oldest(self, user_id: str, traceparent: str | None) -> bool:
        """Erase the oldest notifications in one transaction. Return whether none are left."""

        async def work(session: AsyncIOMotorClientSession) -> ChangeResult[bool]:
            # Make the id before the transaction takes its snapshot. So all notifications that the
            # snapshot lacks have newer ids, except those of creates in progress at this moment.
            up_to = self._ids.next()
            at = await self._turns.take(user_id, session)
            oldest = await self._notifications.oldest(user_id, _ERASE_LIMIT + 1, session)
            erased = oldest[:_ERASE_LIMIT]
            ids = [document["_id"] for document in erased]
            await self._notifications.delete(user_id, ids, session)
            await self._counts.adjust(user_id, difference(erased, []), session)
            if len(oldest) > _ERASE_LIMIT:
                return False, None
            await self._turns.forget(user_id, session)
            for forget in self._forget:
                await forget(user_id, session)
            # A process with a faster clock may have made an id above `up_to`.
            highest = max([up_to, *filter(is_id, (document["_id"] for document in oldest))])
            event = InboxEvent(user_id, at, 0, 0, [], erased_up_to=highest)
            return True, await self._open_intent(event, traceparent, session)

        return await self._changes.run(user_id, work)

    async def _open_intent(
        self, event: InboxEvent, traceparent: str | None, session: AsyncIOMotorClientSession
    ) -> OpenedIntent:
        # Publish after the open intents of all users, because a batch may be for several users.
        predecessors = await self._intents.all_open(session)
        record = changed(self._ids.next(), EventType.ERASED, event, traceparent)
        intent = Intent(self._ids.next(), records=[record])
        await self._intents.open(intent, session)
        return OpenedIntent(intent, predecessors)
