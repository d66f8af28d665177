"""Publishes what an intent describes, or leaves it to the relay, always in order."""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.errors import PyMongoError

from producer_api.outbox.confirmed_intents import ConfirmedIntents
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import TopicRecord

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.02


class Handover:
    """Publishes the records of intents, behind the intents that must come first.

    `patience_seconds` is how long an open intent is waited for, which is the time that Kafka gets
    for one batch. An intent that waits for others itself may be open for twice as long although
    its process is alive.
    """

    def __init__(
        self,
        intents: Intents,
        publisher: Publisher,
        confirmed: ConfirmedIntents,
        patience_seconds: float,
    ) -> None:
        self._intents = intents
        self._publisher = publisher
        self._confirmed = confirmed
        self._patience_seconds = patience_seconds

    async def published(self, intent_id: str, records: Iterable[TopicRecord], sender: str) -> bool:
        """Publish the records. Return whether Kafka confirmed all; then the intent is deleted."""
        try:
            await self._publisher.publish(records, sender)
        except NotPublishedError as error:
            _log.warning("records left to the relay", extra={"cause": str(error)})
            return False
        self._confirmed.add(intent_id)
        return True

    async def is_free(self, behind: Sequence[str]) -> bool:
        """Wait until the intents `behind` are published. Return whether they are.

        These were open when the caller's own intent was written. Returns False if the relay must
        publish one of them, or if MongoDB is away.
        """
        if not behind:
            return True
        try:
            return await self._ended(behind) and not await self._intents.any_queued()
        except PyMongoError as error:
            _log.warning("order of intents unknown", extra={"cause": str(error)})
            return False

    async def in_order(
        self, intent: Intent, behind: Sequence[str], session: AsyncIOMotorClientSession
    ) -> None:
        """Publish the intent's own records, or leave them to the relay.

        They come behind the intents `behind`, which were open when this one was written, and
        behind everything that is queued. Raises nothing: the relay takes over what stays open by
        its age, so that it comes in order, too.
        """
        try:
            if not await self._ended(behind):
                return _log.warning("intent left open", extra={"cause": "earlier intent is open"})
            # The session reads what it wrote, or later, and so sees what was queued before.
            if await self._intents.any_queued(session) or not await self.published(
                intent.id, intent.records, "changes"
            ):
                await self._intents.queue(intent.id)
        except PyMongoError as error:
            _log.warning("intent left open", extra={"cause": str(error)})

    async def _ended(self, intent_ids: Sequence[str]) -> bool:
        """Wait until none of these is open. Return False as soon as one is open for too long."""
        while intent_ids:
            age = await self._intents.oldest_open(intent_ids)
            if age is None:
                break
            if age > self._patience_seconds:
                return False
            # Another process or another task ends the intent, so there is no event to await.
            await asyncio.sleep(_PAUSE_SECONDS)
        return True
