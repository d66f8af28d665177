"""Writes `delivered_at` for acknowledged notifications, many acks in one write."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from bson import ObjectId
from pymongo.errors import PyMongoError

from delivery.core.receipt import Receipt
from delivery.inbox import Inbox
from delivery.receipts.owed_receipts import Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from runtime.batch_queue import BatchQueue
from runtime.pace import Pace

_log = logging.getLogger(__name__)

#: A write costs this process and MongoDB as much as some thirty of the acks in it, so acks gather
#: for this long. Only the user's next query to the inbox waits for the write, no push does.
_GATHER_SECONDS = 0.025
_MAX_IDS_PER_WRITE = 2_000
#: Acks that are no further apart than this get the same time, because an update of many
#: notifications costs little more than an update of one.
_SAME_MOMENT_SECONDS = 0.05
_RETRY_SECONDS = 0.5

#: The Unix time of an ack, what it delivers, and what to call when that is written. This is a plain
#: tuple because each ack makes one: a named one takes three times as long.
_Acked = tuple[float, Delivered, Callable[[], None]]


class DeliveredWriter:
    """Owns the acks that are not written yet, in the order of their arrival.

    A failed write is repeated until it succeeds. Its records are settled only then. The limit on
    notifications in flight also bounds the number of acks that wait here.
    """

    def __init__(self, inbox: Inbox, owed: OwedReceipts, receipts: Receipts) -> None:
        self._inbox = inbox
        self._owed = owed
        self._receipts = receipts
        self._opened: list[ObjectId] = []
        self._acked: BatchQueue[_Acked] = BatchQueue()
        self._pace = Pace(_GATHER_SECONDS)
        #: The number of acks in the last write.
        self._last_acks = 0

    def add(self, delivered: Delivered, then: Callable[[], None]) -> None:
        """Queue an ack of these notifications; call `then` when `delivered_at` is written."""
        self._acked.add((time.time(), delivered, then))

    async def flush(self) -> None:
        """Write all acks at once, and wait until they are written. Has no time-out of its own."""
        with self._pace.urgent():
            await self._acked.until_at_most(0)

    async def run(self) -> None:
        """Write until cancelled. Acks that arrive during a write go into the next one."""
        while True:
            await self._acked.until_filled()
            await self._gather()
            # Keep the batch in the queue during the write, because `flush` waits for an empty
            # queue.
            batch = self._next_batch()
            self._last_acks = len(batch)
            try:
                await self._write(batch)
            except PyMongoError as error:
                _log.warning("delivered_at not written yet", extra={"cause": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._acked.drop(len(batch))
            for _, _, then in batch:
                then()

    async def _gather(self) -> None:
        # While acks come one by one, none of them would gain by waiting for another. This is the
        # case of one user that catches up: each page of the inbox waits for the last one's write.
        if self._last_acks <= 1 and len(self._acked) == 1:
            self._pace.start()
        else:
            await self._pace.turn()

    async def _write(self, batch: list[_Acked]) -> None:
        # Open the document first. If this instance dies afterwards, another one finds the document
        # and writes the receipts. Without a document, nobody would write them if this instance
        # died after `mark_delivered`.
        self._opened.append(await self._owed.open([delivered for _, delivered, _ in batch]))
        moments = _moments(batch)
        await self._inbox.mark_delivered(
            (datetime.fromtimestamp(at, UTC), [id_ for _, ids, _ in group for id_ in ids])
            for at, group in moments
        )
        kind = ReceiptType.DELIVERED
        receipts = [
            Receipt(kind, user, ids, at, attempt)
            for at, group in moments
            for user, ids, attempt in group
        ]
        # Also end the documents of failed attempts, because this write covers their notifications.
        opened, self._opened = self._opened, []
        self._receipts.add(receipts, partial(self._owed.end, opened))

    def _next_batch(self) -> list[_Acked]:
        batch: list[_Acked] = []
        room = _MAX_IDS_PER_WRITE
        for acked in self._acked:
            room -= len(acked[1].ids)
            if batch and room < 0:
                break
            batch.append(acked)
        return batch


def _moments(batch: list[_Acked]) -> list[tuple[float, list[Delivered]]]:
    """Group acks that get the same time, which is the time of the last one in the group."""
    moments: list[tuple[float, list[Delivered]]] = []
    group: list[Delivered] = []
    first_at = last_at = batch[0][0]
    for at, delivered, _ in batch:
        if at - first_at > _SAME_MOMENT_SECONDS:
            moments.append((last_at, group))
            group, first_at = [], at
        group.append(delivered)
        last_at = at
    return [*moments, (last_at, group)]
