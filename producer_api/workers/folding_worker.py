"""The worker that folds queued inboxes, one after another."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from producer_api.inbox.counts.fold_queue import FoldQueue
from producer_api.inbox.counts.folding import Folding
from producer_api.mongodb.transactions import CommitUnknownError

_log = logging.getLogger(__name__)

# This pause is longer than that between two attempts of a transaction. So a request that marks
# notifications, and has to retry its transaction, can do so between two steps of folding.
_PAUSE_SECONDS = 0.05


class FoldingWorker:
    """Folds the inboxes of the users in the queue."""

    def __init__(self, queue: FoldQueue, folding: Folding) -> None:
        self._queue = queue
        self._folding = folding

    async def run(self) -> None:
        """Fold queued inboxes until cancelled. Survives an outage of MongoDB."""
        while True:
            user_id = await self._queue.first()
            await self._fold(user_id)
            self._queue.remove(user_id)

    async def _fold(self, user_id: str) -> None:
        try:
            has_more = True
            while has_more:
                has_more = await self._folding.fold_oldest(user_id)
                await asyncio.sleep(_PAUSE_SECONDS)
        except (PyMongoError, CommitUnknownError) as error:
            # The next request that reads this inbox queues it again.
            _log.warning("inbox not folded", extra={"cause": str(error)})
