"""Erasing: all that there is of a user is deleted, and their own event says so."""

from motor.motor_asyncio import AsyncIOMotorClientSession

from producer_api.contract.events import EventType
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import InboxEvent
from producer_api.idempotency.store import Idempotency
from producer_api.inbox.changes.exclusive import Changing, Outcome, Written
from producer_api.inbox.counts.rules import difference
from producer_api.inbox.notifications import Notifications
from producer_api.inbox.turns import Turns
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.records import changed

# Delivery's writes wait for a transaction that holds their notifications: it must be a short one.
_ERASE_LIMIT = 1_000


class Erasing:
    """Erases a user: oldest first, some thousand notifications a transaction, each in the user's
    turn. The last transaction erases what is left, with it the newest, and opens the intent of
    `notification.erased`, which is published behind every intent that was open then.

    Who gets no answer asks again: the record is published in any case, also where nothing was left.
    """

    def __init__(
        self,
        changing: Changing,
        turns: Turns,
        notifications: Notifications,
        intents: Intents,
        idempotency: Idempotency,
    ) -> None:
        self._changing = changing
        self._turns = turns
        self._notifications = notifications
        self._intents = intents
        self._idempotency = idempotency
        self._ids = IdSource()

    async def erase(self, user_id: str, *, traceparent: str | None = None) -> None:
        """Erase all that was accepted for the user before.

        Raises `InboxBusyError`, `pymongo.errors.PyMongoError` or `CommitUnknownError`: the oldest
        may be erased then, and it is to be done again.
        """
        while not await self._erase_oldest(user_id, traceparent):
            pass

    async def _erase_oldest(self, user_id: str, traceparent: str | None) -> bool:
        """Whether that was all."""

        async def work(session: AsyncIOMotorClientSession) -> Outcome[bool]:
            # Made before the transaction sees anything: what it does not see has a newer id, but
            # for creates under way.
            up_to = self._ids.next()
            at = await self._turns.take(user_id, session)
            oldest = await self._notifications.oldest(user_id, _ERASE_LIMIT + 1, session)
            erased = oldest[:_ERASE_LIMIT]
            await self._notifications.delete([each["_id"] for each in erased], session)
            await self._turns.adjust(user_id, difference(erased, []), session)
            if len(oldest) > _ERASE_LIMIT:
                return False, None
            await self._turns.forget(user_id, session)
            await self._idempotency.scrub(user_id, session)
            # A producer whose clock is ahead of ours may have given the higher id.
            highest = max([up_to, *(each["_id"] for each in oldest[-1:])])
            event = InboxEvent(user_id, at, 0, 0, [], erased_up_to=highest)
            return True, await self._write(event, traceparent, session)

        return await self._changing.do(user_id, work)

    async def _write(
        self, event: InboxEvent, traceparent: str | None, session: AsyncIOMotorClientSession
    ) -> Written:
        behind = await self._intents.all_open(session)
        record = changed(self._ids.next(), EventType.ERASED, event, traceparent)
        intent = Intent(self._ids.next(), records=[record])
        await self._intents.open(intent, session)
        return Written(intent, behind)
