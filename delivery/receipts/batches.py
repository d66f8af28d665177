"""The Kafka batches of one round of receipts.

Receipts are sent in batches, because a receipt that is sent by itself costs as much as the push of
a notification.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from delivery.receipts.records import RecordBody


class ReceiptBatches:
    """Owns the batches of a round until they are sent, and knows which are being filled."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._filling: dict[int, Any] = {}
        self._full: list[tuple[int, Any]] = []

    def add(self, partition: int, key: bytes, bodies: Iterable[RecordBody]) -> None:
        """Append the records to the partition's batch. A full batch is followed by another one."""
        batch = self._filling.get(partition) or self._new(partition)
        for value, headers in bodies:
            appended = batch.append(timestamp=None, key=key, value=value, headers=headers)
            if appended is None:  # The batch is full.
                self._full.append((partition, batch))
                batch = self._new(partition)
                batch.append(timestamp=None, key=key, value=value, headers=headers)

    def _new(self, partition: int) -> Any:
        batch = self._filling[partition] = self._producer.create_batch()
        return batch

    async def confirmed(self) -> None:
        """Send the batches, and wait until Kafka has all of them. Raises `KafkaError`."""
        # Send the full batches first, because a partition's receipts must keep their order.
        batches = [*self._full, *self._filling.items()]
        sent = [await self._send(partition, batch) for partition, batch in batches]
        # Do not use `gather`. If this wait is cancelled, `gather` would also cancel the futures of
        # batches that aiokafka still holds.
        if sent:
            await asyncio.wait(sent)
        for future in sent:
            future.result()

    async def _send(self, partition: int, batch: Any) -> asyncio.Future[Any]:
        batch.close()
        sending = self._producer.send_batch(batch, self._topic, partition=partition)
        future: asyncio.Future[Any] = await sending
        # A round that fails early never awaits this future. Retrieve its error here. Otherwise,
        # asyncio would log that the error was never retrieved.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future
