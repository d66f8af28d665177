"""Receipts on their way to the topic: added by whoever settles, taken by the one that writes."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from delivery import metrics
from delivery.core.receipt import Receipt
from runtime.batch_queue import BatchQueue

_MOST_WAITING = 100_000
#: Whoever takes records in waits beyond that, a while, and not for what Kafka has not taken for
#: so long: a record may be told without a push, and then no window bounds it.
_ROOMY = 50_000
_ROOM_SECONDS = 3.0


class QueuedReceipts(NamedTuple):
    """Receipts that were added together, and what is to be done when Kafka has them."""

    receipts: Sequence[Receipt]
    then: Callable[[], None] | None
    size: int
    """How many notifications they are about."""


class Receipts:
    """Owns the receipts that Kafka has not confirmed yet, in the order they were added.

    Adding never waits, so that no push ever does. There is a bound, from which intake keeps away
    where Kafka takes them: beyond it what is added is dropped, and counted. Of a delivered one the
    inbox remembers that its receipt is owed (`OwedReceipts`); of others the log gives the record
    again where the commit has waited in vain.
    """

    def __init__(self) -> None:
        self._waiting: BatchQueue[QueuedReceipts] = BatchQueue()
        self._size = 0
        self._added = 0
        self._done = 0
        self._moved_at = 0.0  # when one was confirmed, or the first to wait was added

    def add(self, receipts: Sequence[Receipt], then: Callable[[], None] | None = None) -> bool:
        """Whether there was room for them; `then` is called when Kafka has confirmed them."""
        size = sum(len(receipt.ids) for receipt in receipts)
        if not self.has_room:
            metrics.RECEIPTS_DROPPED.inc(size)
            return False
        if not self._waiting:
            self._moved_at = time.monotonic()
        self._waiting.add(QueuedReceipts(receipts, then, size))
        self._size += size
        self._added += 1
        metrics.RECEIPTS_WAITING.set(self._size)
        return True

    @property
    def has_room(self) -> bool:
        """Whether what is added next is not dropped."""
        return self._size < _MOST_WAITING

    @property
    def size(self) -> int:
        """How many Kafka has not confirmed."""
        return self._size

    async def any(self) -> None:
        """Wait until there are some."""
        await self._waiting.until_filled()

    def oldest(self, limit: int) -> list[QueuedReceipts]:
        """The oldest, about so many receipts. They stay until `confirm`."""
        taken: list[QueuedReceipts] = []
        for told in self._waiting:
            if limit <= 0:
                break
            taken.append(told)
            limit -= told.size
        return taken

    def confirm(self, told: Sequence[QueuedReceipts]) -> None:
        """Kafka has these, the oldest."""
        self._waiting.drop(len(told))
        for each in told:
            self._size -= each.size
            if each.then is not None:
                each.then()
        self._done += len(told)
        self._moved_at = time.monotonic()
        metrics.RECEIPTS_WAITING.set(self._size)

    async def until_roomy(self) -> None:
        """Wait while very many wait and Kafka takes some of them, up to three seconds."""
        begun = time.monotonic()
        while self._size > _ROOMY:
            patience = min(self._moved_at, begun) + _ROOM_SECONDS - time.monotonic()
            if patience <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._waiting.until_shrunk()

    async def confirmed(self, seconds: float) -> bool:
        """Wait until Kafka has all that was added before, or that long; whether it has."""
        last = self._added
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._done < last:
                    await self._waiting.until_shrunk()
        return self._done >= last
