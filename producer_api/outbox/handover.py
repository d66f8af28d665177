"""From an intent that is written to records that are on the log, or left to the relay in order."""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.errors import PyMongoError

from producer_api.outbox.endings import Endings
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import TopicRecord

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.02


class Handover:
    """Publishes the records of intents, and has the intents ended.

    `patience_seconds` is how long an open intent is waited for: what Kafka is given for one batch.
    One that waits for others itself may be open for twice as long, and its process alive.
    """

    def __init__(
        self, intents: Intents, publisher: Publisher, endings: Endings, patience_seconds: float
    ) -> None:
        self._intents = intents
        self._publisher = publisher
        self._endings = endings
        self._patience_seconds = patience_seconds

    async def published(self, intent_id: str, records: Iterable[TopicRecord], sender: str) -> bool:
        """Whether Kafka has confirmed all of it; then the intent is soon no more."""
        try:
            await self._publisher.publish(records, sender)
        except NotPublishedError as error:
            _log.warning("left to the relay", extra={"cause": str(error)})
            return False
        self._endings.add(intent_id)
        return True

    async def is_free(self, behind: Sequence[str]) -> bool:
        """Whether what was written may be sent, now that the intents `behind`, which were open when
        it was written, are published; not where the relay is to publish one of them.
        """
        if not behind:
            return True
        try:
            return await self._reached(behind) and not await self._intents.any_queued()
        except PyMongoError as error:
            _log.warning("nobody says what comes first", extra={"cause": str(error)})
            return False

    async def in_order(
        self, intent: Intent, behind: Sequence[str], session: AsyncIOMotorClientSession
    ) -> None:
        """Publish the intent's own records behind the intents `behind`, which were open when it
        was written, and behind all that is queued; else leave it to the relay. Raises nothing:
        what stays open is taken over by its age, and so in order too.
        """
        try:
            if not await self._reached(behind):
                return _log.warning("left open behind an intent of a process that may be gone")
            # The session reads what it wrote or later, and so whatever was queued before.
            if await self._intents.any_queued(session) or not await self.published(
                intent.id, intent.records, "changes"
            ):
                await self._intents.queue(intent.id)
        except PyMongoError as error:
            _log.warning("an intent is left open", extra={"cause": str(error)})

    async def _reached(self, behind: Sequence[str]) -> bool:
        """Wait until none of these is open; not for one that is open for too long."""
        while behind:
            age = await self._intents.oldest_open(behind)
            if age is None:
                break
            if age > self._patience_seconds:
                return False
            # Its end is another process's deed, or another task's: there is no event to await.
            await asyncio.sleep(_PAUSE_SECONDS)
        return True
