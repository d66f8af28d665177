"""Ending intents behind the answers: what Kafka has confirmed need not be waited for twice."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from producer_api.outbox.intents import Intents
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

_MAX_WAITING = 10_000
_SHARING_SECONDS = 0.01
_PAUSE_SECONDS = 0.25
_STOP_SECONDS = 2.0


class Endings:
    """Owns the ids of intents that Kafka has confirmed, and deletes at once all that gathered: one
    alone in the next turn of the loop, many with a pause between, so that they share deletes.

    Nothing is lost with it: an intent that stays is published once more by the relay, which makes
    a mere repeat. So there is a bound, beyond which they are left to that.
    """

    def __init__(self, intents: Intents) -> None:
        self._intents = intents
        self._waiting: BatchQueue[str] = BatchQueue()

    def add(self, intent_id: str) -> None:
        """Have it deleted, within some milliseconds if MongoDB answers."""
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.add(intent_id)

    async def run(self) -> None:
        """Delete until cancelled; then what waits, within 2 s."""
        try:
            while True:
                await self._waiting.until_filled()
                pause = _SHARING_SECONDS
                try:
                    await self._end()
                except PyMongoError as error:
                    _log.warning("published intents stay for now", extra={"cause": str(error)})
                    pause = _PAUSE_SECONDS
                await asyncio.sleep(pause)
        finally:
            await self._end_the_last()

    async def _end(self) -> None:
        ending = list(self._waiting)
        if ending:
            await self._intents.end(ending)
        self._waiting.drop(len(ending))

    async def _end_the_last(self) -> None:
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._end()
        except (PyMongoError, TimeoutError) as error:
            _log.info("published intents are left to the relay", extra={"cause": repr(error)})
