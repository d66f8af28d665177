"""The folder: folds, one after the other, the inboxes that were found to hold many unread."""

import asyncio
import logging

from pymongo.errors import PyMongoError

from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.counts.rules import Tally
from producer_api.mongodb.transactions import CommitUnknownError

_log = logging.getLogger(__name__)

#: Up to so many may stand unfolded: counting them takes a millisecond or two.
FOLD_ABOVE = 300
_MOST_USERS = 1_000
# Longer than a mark that found the turn taken waits until it tries again.
_PAUSE_SECONDS = 0.05


class Folder:
    """Owns the queue of users to be folded: each is in it once, and where it is full, it drops. The
    next reading of that inbox asks again; until then its counts are slow, not wrong.
    """

    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self._waiting: dict[str, None] = {}
        self._asked = asyncio.Event()

    def heed(self, user_id: str, tally: Tally) -> None:
        """Have the user's inbox folded, where that is worth it."""
        if tally.foldable > FOLD_ABOVE and len(self._waiting) < _MOST_USERS:
            self._waiting[user_id] = None
            self._asked.set()

    async def run(self) -> None:
        """Fold until cancelled. MongoDB may come and go."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._waiting:
                user_id = next(iter(self._waiting))
                await self._fold(user_id)
                del self._waiting[user_id]

    async def _fold(self, user_id: str) -> None:
        try:
            more = True
            while more:
                more = await self._folding.fold_oldest(user_id)
                await asyncio.sleep(_PAUSE_SECONDS)
        except (PyMongoError, CommitUnknownError) as error:
            _log.warning("an inbox stays unfolded for now", extra={"cause": str(error)})
