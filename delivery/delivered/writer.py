"""Writes `delivered_at` for acknowledged notifications, many acks in one write."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from bson import ObjectId
from pymongo.errors import PyMongoError

from delivery.core.receipt import Receipt
from delivery.inbox import Inbox
from delivery.receipts.owed_receipts import Delivered, OwedReceipts
from delivery.receipts.queue import Receipts
from producer_api.contract.events import ReceiptType
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

_MAX_IDS_PER_WRITE = 2_000
#: All notifications in one write get the same time, so acks that are further apart than this go
#: into different writes.
_SAME_MOMENT_SECONDS = 0.05
_RETRY_SECONDS = 0.5


class _Acked(NamedTuple):
    at: datetime
    delivered: Delivered
    then: Callable[[], None]


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

    def add(self, delivered: Delivered, then: Callable[[], None]) -> None:
        """Queue an ack of these notifications; call `then` when `delivered_at` is written."""
        self._acked.add(_Acked(datetime.now(UTC), delivered, then))

    async def flush(self) -> None:
        """Wait until all acks are written. Has no time-out of its own."""
        await self._acked.until_at_most(0)

    async def run(self) -> None:
        """Write until cancelled. Acks that arrive during a write go into the next one."""
        while True:
            await self._acked.until_filled()
            # Keep the batch in the queue during the write, because `flush` waits for an empty
            # queue.
            batch = self._next_batch()
            try:
                await self._write([acked.delivered for acked in batch], batch[-1].at)
            except PyMongoError as error:
                _log.warning("delivered_at not written yet", extra={"cause": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._acked.drop(len(batch))
            for acked in batch:
                acked.then()

    async def _write(self, batch: list[Delivered], at: datetime) -> None:
        # Open the document first. If this instance dies afterwards, another one finds the document
        # and writes the receipts. Without a document, nobody would write them if this instance
        # died after `mark_delivered`.
        self._opened.append(await self._owed.open(batch))
        ids = [notification_id for delivered in batch for notification_id in delivered.ids]
        await self._inbox.mark_delivered(ids, at)
        receipts = [
            Receipt(
                ReceiptType.DELIVERED,
                delivered.user,
                delivered.ids,
                at.timestamp(),
                delivered.attempt,
            )
            for delivered in batch
        ]
        # Also end the documents of failed attempts, because this write covers their notifications.
        opened, self._opened = self._opened, []
        self._receipts.add(receipts, partial(self._owed.end, opened))

    def _next_batch(self) -> list[_Acked]:
        batch: list[_Acked] = []
        room = _MAX_IDS_PER_WRITE
        for acked in self._acked:
            room -= len(acked.delivered.ids)
            if batch and room < 0:
                break
            if batch and (acked.at - batch[0].at).total_seconds() > _SAME_MOMENT_SECONDS:
                break
            batch.append(acked)
        return batch
