"""The folding worker folds each queued inbox completely, and survives failures."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from pymongo.errors import AutoReconnect

from producer_api.inbox.counts import fold_queue
from producer_api.inbox.counts.fold_queue import FOLD_ABOVE, FoldQueue
from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.counts.rules import Counts, Tally
from producer_api.workers.folding_worker import FoldingWorker

_LARGE = Tally(Counts(9_000, 9_000), FOLD_ABOVE + 1)


class _Folding:
    """Needs two steps per inbox. The steps for `ana` fail."""

    def __init__(self) -> None:
        self.steps: Counter[str] = Counter()
        self.stepped = asyncio.Event()

    async def fold_oldest(self, user_id: str) -> bool:
        self.steps[user_id] += 1
        self.stepped.set()
        if user_id == "ana":
            raise AutoReconnect
        return self.steps[user_id] < 2


@asynccontextmanager
async def _folding(queue: FoldQueue) -> AsyncIterator[_Folding]:
    """Run a worker on this queue."""
    folding = _Folding()
    running = asyncio.create_task(FoldingWorker(queue, cast("Folding", folding)).run())
    try:
        yield folding
    finally:
        running.cancel()
        await asyncio.wait([running])


async def _wait_for(user: str, queue: FoldQueue, folding: _Folding) -> None:
    """Queue this user last, and wait until the worker has reached them."""
    queue.offer(user, _LARGE)
    async with asyncio.timeout(5):
        while user not in folding.steps:
            folding.stepped.clear()
            await folding.stepped.wait()


async def test_each_large_inbox_is_folded_once_and_a_failure_does_not_stop_the_worker() -> None:
    queue = FoldQueue()
    for user in ("ana", "eve", "eve"):
        queue.offer(user, _LARGE)
    queue.offer("small", Tally(Counts(9_000, 9_000), FOLD_ABOVE))
    async with _folding(queue) as folding:
        await _wait_for("last", queue, folding)
        assert folding.steps == {"ana": 1, "eve": 2, "last": 1}


async def test_full_queue_drops_users_until_it_has_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold_queue, "_MOST_USERS", 2)
    queue = FoldQueue()
    for user in ("ana", "eve", "dropped"):
        queue.offer(user, _LARGE)
    async with _folding(queue) as folding:
        await _wait_for("eve", queue, folding)  # is queued already, so this offer changes nothing
        await _wait_for("last", queue, folding)
        assert folding.steps == {"ana": 1, "eve": 2, "last": 1}
