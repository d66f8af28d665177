"""Reads the records around unreadable ones, so that aiokafka's errors do not stop the console."""

import time
from collections.abc import Callable
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from delivery.consume.fetch_batches import FetchedBatch, batches_from, runs_in
from delivery.consume.fetch_watch import is_lasting
from delivery.core.batch_records import LostRecords
from delivery.core.record_batch import UnreadableBatchError
from deploy.console import metrics
from runtime.slices import Slices

_RETRY_SECONDS = 5.0


class DamagedPlaces:
    """Owns the partitions that aiokafka cannot read further, and keeps them paused in aiokafka.

    Readable records are used as usual, and others are left out. If the bytes of a batch have
    changed since they were written, or the broker cannot read them, the console skips everything up
    to the log's present end.
    Delivery does not skip such a batch: it reports that its partition stands still there.
    """

    def __init__(self, consumer: Any, use: Callable[[ConsumerRecord], None]) -> None:
        self._consumer = consumer
        self._use = use
        #: When to read each of these partitions again, on the monotonic clock.
        self._retry_at: dict[TopicPartition, float] = {}

    def report(self, tp: TopicPartition, _error: Exception) -> None:
        """Pause the partition, and continue reading it here. See `guarded_fetch.Report`."""
        self._consumer.pause(tp)
        self._retry_at.setdefault(tp, 0.0)

    async def read(self) -> None:
        """Read the partitions that are due. aiokafka then continues after the records read here."""
        for tp, retry_at in list(self._retry_at.items()):
            if time.monotonic() < retry_at:
                continue
            try:
                self._consumer.seek(tp, await self._read(tp))
            except OffsetOutOfRangeError:
                pass  # retention has deleted the records, and aiokafka finds the log's beginning
            except (KafkaError, TimeoutError):
                self._retry_at[tp] = time.monotonic() + _RETRY_SECONDS
                continue
            self._consumer.resume(tp)
            del self._retry_at[tp]

    async def _read(self, tp: TopicPartition) -> int:
        """Use the records of one fetch, and return the offset after them."""
        end = int(await self._consumer.position(tp))
        log_end = int((await self._consumer.end_offsets([tp]))[tp])
        client = self._consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
        try:
            async for batch in batches_from(client, tp, end, log_end):
                if not batch.header.is_control:
                    await self._use_batch(tp, batch)
                end = batch.header.end
        except OffsetOutOfRangeError:
            raise
        except (UnreadableBatchError, KafkaError) as error:
            if isinstance(error, KafkaError) and not is_lasting(error):
                raise
            metrics.UNREADABLE.inc(max(1, log_end - end))
            return max(end, log_end)
        return end

    async def _use_batch(self, tp: TopicPartition, batch: FetchedBatch) -> None:
        slices = Slices()
        async for run in runs_in(tp, batch):
            if isinstance(run, LostRecords):
                metrics.UNREADABLE.inc(run.last_offset - run.offset + 1)
            else:
                for record in run:
                    self._use(record)
                    await slices.step()
