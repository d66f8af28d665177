"""Writes receipts to their topic, beside the pushes and never in their way."""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from delivery import metrics
from delivery.core.receipt import Receipt
from delivery.inbox import Inbox
from delivery.receipts.batches import ReceiptBatches
from delivery.receipts.queue import QueuedReceipts, Receipts
from delivery.receipts.records import record_bodies
from delivery.settings import Settings
from producer_api.contract.events import ReceiptType
from producer_api.contract.partitioning import partition_of
from runtime.kafka_producer import ProducerKeeper

_log = logging.getLogger(__name__)

_RECEIPTS_A_ROUND = 5_000
#: A batch costs as much as many pushes: where there are many receipts, more share one. Commits wait
#: for that; where there are few, next to nothing, and nothing where a round is full in any case.
_MANY = 100
_FEW_SECONDS, _MANY_SECONDS = 0.01, 0.2
_SLICE = 200
_BATCH_BYTES = 512 * 1024
_ROUND_SECONDS = 30.0
_STOP_SECONDS = 1.0
_PAUSE_SECONDS = 1.0


class ReceiptWriter:
    """Owns the idempotent producer of receipts, and makes it anew where it fails.

    One round at a time: what gathers during one goes with the next. A round that fails is written
    again as a whole, so a receipt may come twice; its id says so.
    """

    def __init__(self, settings: Settings, inbox: Inbox, receipts: Receipts) -> None:
        self._settings = settings
        self._inbox = inbox
        self._receipts = receipts
        self._topic = settings.receipt_topic
        self._producer = ProducerKeeper(self._make_producer, _STOP_SECONDS)

    async def run(self) -> None:
        """Write for ever."""
        try:
            while True:
                await self._receipts.any()
                await self._gather()
                told = self._receipts.oldest(_RECEIPTS_A_ROUND)
                try:
                    async with asyncio.timeout(_ROUND_SECONDS):
                        await self._write(told)
                except (KafkaError, OSError, PyMongoError, TimeoutError) as error:
                    _log.warning("receipts not written yet", extra={"cause": repr(error)})
                    await self._producer.stop()
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                self._receipts.confirm(told)
        finally:
            await self._producer.stop()

    async def _gather(self) -> None:
        await asyncio.sleep(_FEW_SECONDS)
        if _MANY < self._receipts.size < _RECEIPTS_A_ROUND:
            await asyncio.sleep(_MANY_SECONDS)

    async def _write(self, told: Sequence[QueuedReceipts]) -> None:
        receipts = await self._true(receipt for each in told for receipt in each.receipts)
        producer = await self._producer.started()
        # From aiokafka's copy of the metadata: only the first time does it ask Kafka.
        partitions = len(await producer.partitions_for(self._topic))
        batches = ReceiptBatches(producer, self._topic)
        count = 0
        for receipt in receipts:
            partition = partition_of(receipt.user, partitions)
            entries = record_bodies(receipt, self._settings.advertised_url)
            await batches.add(partition, receipt.user.encode(), entries)
            count += len(receipt.ids)
            if count >= _SLICE:
                count = 0
                await asyncio.sleep(0)  # pushes go first
        await batches.confirmed()
        for receipt in receipts:
            metrics.RECEIPTS.labels(receipt.kind).inc(len(receipt.ids))

    async def _true(self, receipts: Iterable[Receipt]) -> list[Receipt]:
        """All but those of which the inbox does not say that they were superseded undelivered."""
        others: list[Receipt] = []
        asked: list[Receipt] = []
        for receipt in receipts:
            (asked if receipt.kind is ReceiptType.SUPERSEDED else others).append(receipt)
        if not asked:
            return others
        newer = await self._inbox.superseded([name for one in asked for name in one.ids])
        true = (
            one._replace(ids=(name,), superseded_by=newer[name])
            for one in asked
            for name in one.ids
            if name in newer
        )
        return [*others, *true]

    def _make_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.kafka_client_options(),
            client_id="delivery-receipts",
            enable_idempotence=True,
            linger_ms=0,
            compression_type="lz4",
            max_batch_size=_BATCH_BYTES,
        )
