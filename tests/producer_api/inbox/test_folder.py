"""The folder's queue: each user once, bounded, and no failure ends it."""

import asyncio
from collections import Counter
from typing import cast

import pytest
from pymongo.errors import AutoReconnect

from producer_api.inbox import folder as module
from producer_api.inbox.counting import Counts, Tally
from producer_api.inbox.folder import FOLD_ABOVE, Folder
from producer_api.inbox.folding import Folding

_LARGE = Tally(Counts(9_000, 9_000), FOLD_ABOVE + 1)


class _Folding:
    """Folds in two steps; the first of `ana` fails."""

    def __init__(self) -> None:
        self.steps: Counter[str] = Counter()
        self.done: asyncio.Event = asyncio.Event()

    async def fold_oldest(self, user_id: str) -> bool:
        self.steps[user_id] += 1
        if user_id == "last":
            self.done.set()
        if user_id == "ana":
            raise AutoReconnect
        return self.steps[user_id] < 2


async def _folded(folder: Folder, folding: _Folding) -> None:
    folder.heed("last", _LARGE)
    running = asyncio.create_task(folder.run())
    await asyncio.wait_for(folding.done.wait(), 5)
    running.cancel()
    await asyncio.wait([running])


async def test_large_inboxes_are_folded_one_after_the_other() -> None:
    folder = Folder(cast("Folding", folding := _Folding()))
    for user in ("ana", "eve", "eve"):
        folder.heed(user, _LARGE)
    folder.heed("small", Tally(Counts(9_000, 9_000), FOLD_ABOVE))
    await _folded(folder, folding)
    assert folding.steps == {"ana": 1, "eve": 2, "last": 1}


async def test_a_full_queue_drops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_USERS", 2)
    folder = Folder(cast("Folding", folding := _Folding()))
    folder.heed("eve", _LARGE)
    folder.heed("last", _LARGE)
    folder.heed("ana", _LARGE)
    await _folded(folder, folding)
    assert set(folding.steps) == {"eve", "last"}
