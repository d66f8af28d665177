"""Publishes written batches, or leaves them to the relay, and answers their callers."""

import asyncio
import logging
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from producer_api.intake.batch import Batch
from producer_api.intake.transaction import WriteResult
from producer_api.outbox.handover import Handover
from producer_api.outbox.intents import Intents
from producer_api.outbox.records import created

_log = logging.getLogger(__name__)

_QUEUE_PAUSE_SECONDS = 0.25


class Publication:
    """Completes written batches, one after another. Owns the number of batches that it queued."""

    def __init__(self, intents: Intents, handover: Handover) -> None:
        self._intents = intents
        self._handover = handover
        self._turn = asyncio.Lock()
        self.queued = 0
        """How many batches were queued for the relay so far."""

    async def complete(self, batch: Batch, result: WriteResult, queued_before: int) -> bool:
        """Publish a batch or queue it, and answer its callers. Return False if it was queued.

        Waits until the batches of all earlier calls are completed. `queued_before` is the value of
        `queued` before the batch's transaction began. If `queued` has changed since, an earlier
        batch was queued, perhaps too late for the transaction to find it in the queue. Then this
        batch must queue behind that one.
        """
        async with self._turn:
            must_queue = result.must_queue or self.queued != queued_before
            is_published = not batch.items or await self._publish(
                batch, result, must_queue=must_queue
            )
            if not is_published:
                await self._queue(batch.intent_id, result.superseded.predecessors)
                self.queued += 1
            batch.succeed()
            return is_published

    async def _publish(self, batch: Batch, result: WriteResult, *, must_queue: bool) -> bool:
        """Publish the records of the batch. Return False if the batch must queue for the relay."""
        # Wait for the predecessors even if this batch must queue. As long as the process of a
        # predecessor is alive, only that process may publish or queue the predecessor.
        predecessors = result.superseded.predecessors
        if not await self._handover.wait_for(predecessors) or must_queue:
            return False
        notices = result.superseded.notices
        # Use a generator: if Kafka is down, publishing fails before most of the records are made.
        records = (
            created(document, item.created.public_json, notices.get(document["_id"]))
            for item, document in zip(batch.items, batch.documents, strict=True)
        )
        return await self._handover.publish(batch.intent_id, records, "intake")

    async def _queue(self, intent_id: str, predecessors: Sequence[str]) -> None:
        """Queue the intent behind its predecessors.

        Retries until MongoDB accepts the write. The callers get no answer before that. Otherwise,
        the next create of a caller could reach the log before this intent. Callers that time out
        meanwhile get an unknown outcome.
        """
        while True:
            try:
                if predecessors:
                    await self._intents.take_over_up_to(predecessors)
                await self._intents.queue(intent_id)
            except PyMongoError as error:
                _log.warning("intent not queued yet", extra={"cause": str(error)})
                await asyncio.sleep(_QUEUE_PAUSE_SECONDS)
            else:
                return
