"""Deletes the intents whose records Kafka has confirmed. The callers need not wait for this."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from producer_api.outbox.intents import Intents
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

#: The maximum number of waiting ids. A longer queue would only save the relay some repeats.
_MAX_WAITING = 10_000
#: The pause between two deletes. Each delete makes the next create wait for one more flush of
#: MongoDB's journal. But repeats of a create with a key, changes of the same inbox and erasures
#: wait until the intent is deleted, so the pause must stay short.
_PAUSE_SECONDS = 0.05
_RETRY_SECONDS = 0.25
_STOP_SECONDS = 2.0


class ConfirmedIntents:
    """Owns the ids of confirmed intents, and deletes all waiting ones with one command.

    A single id is deleted in the next iteration of the event loop. After each command there is a
    pause, so that the next command deletes many ids.

    Losing an id is safe: the relay publishes the intent once more, and consumers drop the repeat.
    So the queue has a limit, and a full queue drops ids.
    """

    def __init__(self, intents: Intents) -> None:
        self._intents = intents
        self._waiting: BatchQueue[str] = BatchQueue()

    def add(self, intent_id: str) -> None:
        """Queue the intent for deletion, unless the queue is full."""
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.add(intent_id)

    async def run(self) -> None:
        """Delete confirmed intents until cancelled. Then delete the waiting ones, within 2 s."""
        try:
            while True:
                await self._waiting.until_filled()
                pause = _PAUSE_SECONDS
                try:
                    await self._delete()
                except PyMongoError as error:
                    _log.warning("published intents not deleted yet", extra={"cause": str(error)})
                    pause = _RETRY_SECONDS
                await asyncio.sleep(pause)
        finally:
            await self._delete_last()

    async def _delete(self) -> None:
        ids = list(self._waiting)
        if ids:
            await self._intents.delete(ids)
        # Drop the ids only after the command, so that a failed command is retried. Ids that were
        # added during the command are behind these ids, and stay in the queue.
        self._waiting.drop(len(ids))

    async def _delete_last(self) -> None:
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._delete()
        except (PyMongoError, TimeoutError) as error:
            _log.info("published intents left to the relay", extra={"cause": repr(error)})
