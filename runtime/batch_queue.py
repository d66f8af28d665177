"""A queue that is emptied in batches. Adding to it never waits."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")


class BatchQueue(Generic[Item]):
    """Owns the items that wait, oldest first.

    Adding never waits and has no limit, so the code that adds items must bound their number. A
    reader either takes items out (`take`), or reads the oldest (`oldest`), works on them, and
    removes them once the work has succeeded (`drop`). Only the second way keeps the items in the
    queue while a failed write is tried again.
    """

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._filled = asyncio.Event()  # set while there are items
        self._shrunk = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def add(self, item: Item) -> None:
        """Append one item."""
        self._items.append(item)
        self._filled.set()

    def extend(self, items: Iterable[Item]) -> None:
        """Append several items, in their order."""
        self._items.extend(items)
        if self._items:
            self._filled.set()

    def pop(self) -> Item:
        """Remove and return the oldest item. Raises `IndexError` if there is none."""
        item = self._items.popleft()
        self._signal_removal()
        return item

    def oldest(self, count: int) -> list[Item]:
        """Return the oldest `count` items, or all if there are fewer, and keep them."""
        return list(islice(self._items, count))

    def take(self, count: int) -> list[Item]:
        """Remove and return the oldest `count` items, or all if there are fewer."""
        items = self.oldest(count)
        self.drop(len(items))
        return items

    def drop(self, count: int) -> None:
        """Remove the oldest `count` items. Raises `IndexError` if there are fewer."""
        for _ in range(count):
            self._items.popleft()
        self._signal_removal()

    async def until_filled(self) -> None:
        """Wait until there is at least one item."""
        # Check again in a loop: another reader may have emptied the queue before this one woke.
        while not self._items:
            await self._filled.wait()

    async def until_at_most(self, count: int) -> None:
        """Wait until the queue has at most `count` items."""
        while len(self._items) > count:
            await self.until_shrunk()

    async def until_shrunk(self) -> None:
        """Wait until the next removal of items."""
        self._shrunk.clear()
        await self._shrunk.wait()

    def _signal_removal(self) -> None:
        if not self._items:
            self._filled.clear()
        self._shrunk.set()
