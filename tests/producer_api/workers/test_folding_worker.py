"""The folder's queue: each user once, bounded, and no failure ends it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from pymongo.errors import AutoReconnect

from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.counts.rules import Counts, Tally
from producer_api.workers import folding_worker as module
from producer_api.workers.folding_worker import FOLD_ABOVE, Folder

_LARGE = Tally(Counts(9_000, 9_000), FOLD_ABOVE + 1)


class _Folding:
    """Folds in two steps; the first of `ana` fails."""

    def __init__(self) -> None:
        self.steps: Counter[str] = Counter()
        self.under_way = asyncio.Event()

    async def fold_oldest(self, user_id: str) -> bool:
        self.steps[user_id] += 1
        self.under_way.set()
        if user_id == "ana":
            raise AutoReconnect
        return self.steps[user_id] < 2


@asynccontextmanager
async def _running(folder: Folder) -> AsyncIterator[None]:
    running = asyncio.create_task(folder.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def _folded(folder: Folder, folding: _Folding, user: str) -> None:
    """Wait until it has come to this user, who is asked for now, and so last."""
    folder.heed(user, _LARGE)
    async with asyncio.timeout(5):
        while user not in folding.steps:
            folding.under_way.clear()
            await folding.under_way.wait()


async def test_large_inboxes_are_folded_one_after_the_other() -> None:
    folder = Folder(cast("Folding", folding := _Folding()))
    for user in ("ana", "eve", "eve"):
        folder.heed(user, _LARGE)
    folder.heed("small", Tally(Counts(9_000, 9_000), FOLD_ABOVE))
    async with _running(folder):
        await _folded(folder, folding, "last")
        assert folding.steps == {"ana": 1, "eve": 2, "last": 1}


async def test_a_full_queue_drops_and_takes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_USERS", 2)
    folder = Folder(cast("Folding", folding := _Folding()))
    for user in ("ana", "eve", "dropped"):
        folder.heed(user, _LARGE)
    async with _running(folder):
        await _folded(folder, folding, "eve")  # it has: this asks for nothing new
        await _folded(folder, folding, "last")
        assert folding.steps == {"ana": 1, "eve": 2, "last": 1}
