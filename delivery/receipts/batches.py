"""Receipts of one round, a batch a partition: a send a record costs as much as a push."""

import asyncio
from collections.abc import Iterable
from typing import Any

from delivery.receipts.records import RecordBody


class ReceiptBatches:
    """Owns the batches of a round: those that fill, and those that are under way."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._filling: dict[int, Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def add(self, partition: int, key: bytes, entries: Iterable[RecordBody]) -> None:
        """Put them into their partition's batch; a full one is sent. Raises `KafkaError`."""
        batch = self._filling.get(partition) or self._new(partition)
        for value, headers in entries:
            taken = batch.append(timestamp=None, key=key, value=value, headers=headers)
            if taken is None:
                await self._send(partition, batch)
                batch = self._new(partition)
                batch.append(timestamp=None, key=key, value=value, headers=headers)

    def _new(self, partition: int) -> Any:
        batch = self._filling[partition] = self._producer.create_batch()
        return batch

    async def confirmed(self) -> None:
        """Send the rest, and wait for all. Raises `KafkaError`."""
        for partition, batch in self._filling.items():
            await self._send(partition, batch)
        # Not `gather`: what aiokafka still holds must not be cancelled with our waiting.
        if self._sent:
            await asyncio.wait(self._sent)
        for future in self._sent:
            future.result()

    async def _send(self, partition: int, batch: Any) -> None:
        batch.close()
        self._sent.append(await self._producer.send_batch(batch, self._topic, partition=partition))
