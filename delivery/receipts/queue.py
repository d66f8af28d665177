"""The queue of receipts that Kafka does not have yet."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import NamedTuple

from delivery import metrics
from delivery.core.receipt import Receipt
from runtime.batch_queue import BatchQueue
from runtime.pace import Pace

#: The queue drops further receipts when it holds the receipts of this many notifications.
_MAX_WAITING = 100_000
#: Receipts that are recorded as owed may fill only this share of the queue. They can be written
#: later, so they must not displace others, which would be lost.
_OWED_SHARE = 0.8
#: Above this number, intake waits. A record may cause a receipt without a push, for example when it
#: is parked. The windows do not bound the number of these receipts.
_ROOMY = 50_000
#: How long intake waits for room. It does not wait at all if Kafka has confirmed nothing for this
#: long, because delivery must continue while the receipts topic is unavailable.
_ROOM_SECONDS = 3.0
#: A round of writing costs this process and Kafka as much as hundreds of the receipts in it, so
#: receipts gather for this long. Only commits wait for them.
_GATHER_SECONDS = 0.2
#: Even after a rest, receipts gather for a moment: a write of `delivered_at` may add more of them.
_LEAST_SECONDS = 0.01


class QueuedReceipts(NamedTuple):
    """Receipts that were added together, and what to do when Kafka has them."""

    receipts: Sequence[Receipt]
    then: Callable[[], None] | None
    size: int
    """The number of notifications that they are about."""


class Receipts:
    """Owns the receipts that Kafka has not confirmed yet, in the order they were added.

    Adding never waits, so it never delays a push. A full queue drops further receipts and counts
    them. Intake keeps the queue from filling up as long as Kafka takes receipts. A dropped receipt
    of a delivered notification is still recorded as owed (`OwedReceipts`). Any other dropped
    receipt is lost, unless the next owner reads its record again because it was not committed.
    """

    def __init__(self) -> None:
        self._waiting: BatchQueue[QueuedReceipts] = BatchQueue()
        self._pace = Pace(_GATHER_SECONDS)
        self._size = 0
        self._added = 0
        self._confirmed = 0
        #: The time of the last confirmation, or of the first addition to an empty queue.
        self._moved_at = 0.0

    def add(self, receipts: Sequence[Receipt], then: Callable[[], None] | None = None) -> bool:
        """Queue the receipts, and return whether there was room for them.

        Calls `then` when Kafka has confirmed them, and never if there was no room. Receipts with a
        `then` are recorded as owed, and leave room for others.
        """
        size = sum(len(receipt.ids) for receipt in receipts)
        if self._size >= _MAX_WAITING * (1.0 if then is None else _OWED_SHARE):
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
        """Whether `add` keeps further receipts."""
        return self._size < _MAX_WAITING

    @property
    def size(self) -> int:
        """The number of notifications whose receipts Kafka has not confirmed."""
        return self._size

    async def any(self) -> None:
        """Wait until the queue is not empty."""
        await self._waiting.until_filled()

    async def gather(self, enough: int) -> None:
        """Wait until the next round of writing is due; not at all if there are `enough`."""
        if self._size >= enough:
            self._pace.start()
        else:
            await self._pace.turn(_LEAST_SECONDS)

    def oldest(self, limit: int) -> list[QueuedReceipts]:
        """Return the oldest receipts, of about `limit` notifications, and keep them queued."""
        oldest: list[QueuedReceipts] = []
        for queued in self._waiting:
            if limit <= 0:
                break
            oldest.append(queued)
            limit -= queued.size
        return oldest

    def confirm(self, confirmed: Sequence[QueuedReceipts]) -> None:
        """Remove these receipts, which Kafka has. They must be the oldest in the queue."""
        # Call the callbacks after the removal. One of them may add receipts or raise, so the queue
        # must be consistent by then.
        self._waiting.drop(len(confirmed))
        self._confirmed += len(confirmed)
        self._size -= sum(queued.size for queued in confirmed)
        self._moved_at = time.monotonic()
        metrics.RECEIPTS_WAITING.set(self._size)
        for queued in confirmed:
            if queued.then is not None:
                queued.then()

    async def until_room(self) -> None:
        """Wait for room, at most three seconds, and only while Kafka takes receipts."""
        started_at = time.monotonic()
        while self._size > _ROOMY:
            seconds = min(self._moved_at, started_at) + _ROOM_SECONDS - time.monotonic()
            if seconds <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._waiting.until_shrunk()

    async def confirmed(self, seconds: float, *, urgent: bool = True) -> bool:
        """Wait until Kafka has all receipts that are queued now; return False after `seconds`.

        If `urgent`, the next round starts at once, instead of waiting for more receipts.
        """
        last = self._added
        with suppress(TimeoutError), self._pace.urgent() if urgent else nullcontext():
            async with asyncio.timeout(seconds):
                while self._confirmed < last:
                    await self._waiting.until_shrunk()
        return self._confirmed >= last
