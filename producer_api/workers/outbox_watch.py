"""Measures how long the oldest unpublished intent has waited, whichever process must publish it."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from producer_api.metrics import Metrics
from producer_api.outbox.intents import Intents

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 0.5


class OutboxWatch:
    """Owns the age of the oldest unpublished intent. Every process measures it for itself.

    The relay may hang, or wait for Kafka. So the measurement does not depend on it.
    """

    def __init__(self, intents: Intents, metrics: Metrics) -> None:
        self._intents = intents
        self._metrics = metrics
        self.oldest_seconds = 0.0
        """The age at the last measurement; 0 if everything was published."""

    async def run(self) -> None:
        """Measure until cancelled. Keeps the last age while MongoDB does not answer."""
        while True:
            try:
                self.oldest_seconds = await self._intents.oldest_age()
                self._metrics.oldest_unpublished_seconds.set(self.oldest_seconds)
                self._metrics.unreadable_intents.set(await self._intents.unreadable())
            except PyMongoError as error:
                _log.warning("outbox not measured", extra={"cause": str(error)})
            await asyncio.sleep(_INTERVAL_SECONDS)
