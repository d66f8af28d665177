"""Publishes the records of an intent, or leaves them to the relay, always in order."""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.errors import PyMongoError

from producer_api.outbox.confirmed_intents import ConfirmedIntents
from producer_api.outbox.intent import Intent
from producer_api.outbox.intents import Intents
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import TopicRecord

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.02


class Handover:
    """Publishes the records of intents, each after its predecessors.

    The predecessors of an intent were open when it was written, and must be published before it.
    Stops waiting for a predecessor that has been open for longer than `patience_seconds`, the time
    that Kafka has for one batch. The process of such a predecessor may still be alive, because a
    predecessor may itself wait for others, or for earlier batches of its process.
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

    async def publish(self, intent_id: str, records: Iterable[TopicRecord], sender: str) -> bool:
        """Publish the records. Return whether Kafka confirmed all, which completes the intent."""
        try:
            await self._publisher.publish(records, sender)
        except NotPublishedError as error:
            _log.warning("records left to the relay", extra={"cause": str(error)})
            return False
        self._confirmed.add(intent_id)
        return True

    async def wait_for(self, predecessors: Sequence[str]) -> bool:
        """Wait until the predecessors are published. Return whether all are.

        Returns False if one of them stays open for too long, if any intent is queued for the relay,
        or if MongoDB is down.
        """
        if not predecessors:
            return True
        try:
            return (
                await self._until_none_open(predecessors) and not await self._intents.any_queued()
            )
        except PyMongoError as error:
            _log.warning("order of intents unknown", extra={"cause": str(error)})
            return False

    async def publish_in_order(
        self, intent: Intent, predecessors: Sequence[str], session: AsyncIOMotorClientSession
    ) -> None:
        """Publish the intent's own records, or leave them to the relay.

        The records follow those of the predecessors and of all queued intents. Raises no errors.
        After a failure, the intent stays open, or is queued. The relay takes over open intents,
        oldest first, and so keeps the order.
        """
        try:
            if not await self._until_none_open(predecessors):
                return _log.warning("intent left open", extra={"cause": "earlier intent is open"})
            # This read is at least as new as the session's last write, so it sees all intents that
            # were queued before that write.
            if await self._intents.any_queued(session) or not await self.publish(
                intent.id, intent.records, "changes"
            ):
                await self._intents.queue(intent.id)
        except PyMongoError as error:
            _log.warning("intent left open", extra={"cause": str(error)})

    async def _until_none_open(self, intent_ids: Sequence[str]) -> bool:
        """Wait until none of these intents is open. Return False if one is open for too long."""
        while intent_ids:
            age = await self._intents.oldest_open(intent_ids)
            if age is None:
                break
            if age > self._patience_seconds:
                return False
            # Poll, because another task or process closes the intent.
            await asyncio.sleep(_PAUSE_SECONDS)
        return True
