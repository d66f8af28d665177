"""The Kafka batches of one round of receipts, one batch per partition at a time.

Sending a single receipt would cost as much as pushing a notification.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from delivery.receipts.records import RecordBody


class ReceiptBatches:
    """Owns the batches of a round: those that are being filled, and those that were sent."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._filling: dict[int, Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def add(self, partition: int, key: bytes, bodies: Iterable[RecordBody]) -> None:
        """Append the records to the partition's batch, and send it when it is full.

        Raises `KafkaError`.
        """
        batch = self._filling.get(partition) or self._new(partition)
        for value, headers in bodies:
            appended = batch.append(timestamp=None, key=key, value=value, headers=headers)
            if appended is None:  # The batch is full.
                await self._send(partition, batch)
                batch = self._new(partition)
                batch.append(timestamp=None, key=key, value=value, headers=headers)

    def _new(self, partition: int) -> Any:
        batch = self._filling[partition] = self._producer.create_batch()
        return batch

    async def confirmed(self) -> None:
        """Send the remaining batches, and wait until Kafka has all of them. Raises `KafkaError`."""
        for partition, batch in self._filling.items():
            await self._send(partition, batch)
        # Do not use `gather`. If this wait is cancelled, `gather` would also cancel the futures of
        # batches that aiokafka still holds.
        if self._sent:
            await asyncio.wait(self._sent)
        for future in self._sent:
            future.result()

    async def _send(self, partition: int, batch: Any) -> None:
        batch.close()
        future = await self._producer.send_batch(batch, self._topic, partition=partition)
        # A round that fails early never awaits this future. Retrieve its error here, or asyncio
        # would log an error that was never retrieved.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._sent.append(future)
