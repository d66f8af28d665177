"""Finds out which receipts are on the topic already, after a failure or an instance's death."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from delivery.core.receipt import Receipt
from delivery.receipts.records import event_id
from producer_api.contract.events import Header
from producer_api.contract.partitioning import partition_of
from producer_api.contract.settings import SharedSettings

_log = logging.getLogger(__name__)

#: How far the clocks of the instances may differ. Each record has its writer's time.
_MAX_CLOCK_SKEW_SECONDS = 2.0
_FETCH_MS = 100
_AT_ONCE = 1_000
#: At most this many records are read, so that a long outage does not keep the instance busy.
_MAX_RECORDS = 200_000
_SECONDS = 10.0
#: A broker may take this long to connect or to answer. Then there is still time to ask the next
#: one.
_ANSWER_MS = 4_000
_STOP_SECONDS = 2.0
_ID_HEADER = Header.ID.value


class WrittenReceipts:
    """Reads the end of the receipts topic. Owns no state, and joins no consumer group."""

    def __init__(self, settings: SharedSettings) -> None:
        self._settings = settings

    async def of(self, receipts: Iterable[Receipt], since: float) -> Collection[bytes]:
        """Return the ids of the given receipts that were written after the Unix time `since`.

        Returns no ids if the topic cannot be read: a repeat does less harm than a loss.
        """
        wanted: set[bytes] = set()
        users: set[str] = set()
        for receipt in receipts:
            users.add(receipt.user)
            wanted.update(event_id(receipt.kind, id_) for id_ in receipt.ids)
        if not wanted:
            return ()
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._written(wanted, users, since)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("receipts not looked up", extra={"cause": repr(error)})
            return ()

    async def _written(
        self, wanted: Collection[bytes], users: Collection[str], since: float
    ) -> set[bytes]:
        # Name the topic here: without a group, the consumer gets all partitions permanently. A
        # later assignment could swallow the cancellation by `stop`.
        consumer = AIOKafkaConsumer(
            self._settings.receipt_topic,
            **self._settings.kafka_client_options(),
            request_timeout_ms=_ANSWER_MS,
            enable_auto_commit=False,
            fetch_max_wait_ms=_FETCH_MS,
        )
        written: set[bytes] = set()
        try:
            await consumer.start()
            async for record in self._records(consumer, users, since):
                for name, value in record.headers:
                    if name == _ID_HEADER and value in wanted:
                        written.add(value)
        finally:
            # `stop` cancels a fetch and waits for it. A fetch that has just received its answer
            # swallows the cancellation. The time-out cancels it again.
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await consumer.stop()
        return written

    async def _records(
        self, consumer: AIOKafkaConsumer, users: Collection[str], since: float
    ) -> AsyncIterator[ConsumerRecord]:
        """Yield the records of these users' partitions, from this time to the present end."""
        topic = self._settings.receipt_topic
        count = len(consumer.partitions_for_topic(topic) or ())
        if not count:
            return
        topic_partitions = {TopicPartition(topic, partition_of(user, count)) for user in users}
        consumer.pause(*(consumer.assignment() - topic_partitions))
        ends = await consumer.end_offsets(topic_partitions)
        milliseconds = int((since - _MAX_CLOCK_SKEW_SECONDS) * 1000)
        starts = await consumer.offsets_for_times(dict.fromkeys(topic_partitions, milliseconds))
        left = {
            tp: start.offset
            for tp, start in starts.items()
            if start is not None and start.offset < ends[tp]
        }
        for tp, offset in left.items():
            consumer.seek(tp, offset)
        count = 0
        while left and count < _MAX_RECORDS:
            batches = await consumer.getmany(timeout_ms=_FETCH_MS, max_records=_AT_ONCE)
            for records in batches.values():
                count += len(records)
                for record in records:
                    yield record
            for tp in list(left):
                if await consumer.position(tp) >= ends[tp]:
                    del left[tp]
                    consumer.pause(tp)


def without(receipts: Iterable[Receipt], written: Collection[bytes]) -> list[Receipt]:
    """Return the receipts without those that are written."""
    left = []
    for receipt in receipts:
        ids = [id_ for id_ in receipt.ids if event_id(receipt.kind, id_) not in written]
        if ids:
            left.append(receipt._replace(ids=tuple(ids)))
    return left
