"""The queue of users with enough unread notifications to be worth folding."""

import asyncio

from producer_api.inbox.counts.rules import Tally

#: An inbox may hold this many unfolded notifications. Counting them takes about a millisecond.
FOLD_ABOVE = 100
_MOST_USERS = 1_000


class FoldQueue:
    """Owns the users that wait for folding.

    Each user is in the queue once. A full queue ignores further users. The next read of such a
    user's inbox offers the user again. Until then, the counts are slow to read, but correct.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._added = asyncio.Event()

    def offer(self, user_id: str, tally: Tally) -> None:
        """Queue the user if the inbox needs the folding worker, and the queue has room.

        It does if it is large, or if an earlier version of the program has changed its counters.
        """
        is_due = tally.foldable > FOLD_ABOVE or tally.is_outdated
        if is_due and len(self._waiting) < _MOST_USERS:
            self._waiting[user_id] = None
            self._added.set()

    async def first(self) -> str:
        """Wait until a user is queued, and return the one that has waited longest.

        The user stays in the queue until `remove`, so that offers while the inbox is being folded
        have no effect.
        """
        while not self._waiting:
            self._added.clear()
            await self._added.wait()
        return next(iter(self._waiting))

    def remove(self, user_id: str) -> None:
        """Take the user out of the queue."""
        del self._waiting[user_id]
