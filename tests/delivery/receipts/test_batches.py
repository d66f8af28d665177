"""The batches of one round of receipts."""

import asyncio
from typing import Any

from aiokafka.producer.message_accumulator import BatchBuilder

from delivery.receipts.batches import ReceiptBatches

_BATCH_BYTES = 1_000


class _Producer:
    """Confirms every batch. Records each batch's partition and number of records."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int]] = []

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(_BATCH_BYTES, 0)

    async def send_batch(
        self, batch: BatchBuilder, _topic: str, *, partition: int
    ) -> asyncio.Future[Any]:
        self.sent.append((partition, batch.record_count()))
        confirmed = asyncio.get_running_loop().create_future()
        confirmed.set_result(None)
        return confirmed


async def test_a_full_batch_is_sent_before_the_next_one() -> None:
    producer = _Producer()
    batches = ReceiptBatches(producer, "receipts")
    batches.add(1, b"ana", [(b"." * 600, [])] * 3)
    batches.add(2, b"berto", [(b".", [])])
    batches.add(1, b"ana", [(b".", [])])
    await batches.confirmed()
    assert producer.sent == [(1, 1), (1, 1), (1, 2), (2, 1)]
