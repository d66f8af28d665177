"""Reads the three topics from their beginnings to their current ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import DeadLetter, Extent, Receipt, Record
from tests.auditor.kafka_admin import admin_client, partitions_of
from tests.auditor.kafka_options import Options
from tests.auditor.parse_records import parse_dead_letter, parse_receipt, parse_record

_FETCH_MS = 200
_STANDSTILL_SECONDS = 30
_STOP_SECONDS = 2


class Log(NamedTuple):
    """The contents of the three topics."""

    extents: tuple[Extent, ...]
    records: tuple[Record, ...]
    dead_letters: tuple[DeadLetter, ...]
    receipts: tuple[Receipt, ...]


async def read_log(kafka: Options, topic: str) -> Log:
    """Return the topic, its dead letters and its receipts. Raises `CannotAuditError`.

    Reads the receipts first, because each receipt is written after its record.
    """
    dead_letter_topic = f"{topic}-dlq"
    receipt_topic = f"{topic.removesuffix('s')}-receipts"
    bootstrap = kafka["bootstrap_servers"]
    try:
        partitions = await _partitions(kafka, topic, dead_letter_topic, receipt_topic)
        if not partitions[topic]:
            raise CannotAuditError(f"Kafka at {bootstrap} has no topic {topic!r}")
        async with _consumer(kafka) as consumer:
            extents = await _extents(consumer, partitions[receipt_topic])
            consumed = _read(consumer, receipt_topic, extents)
            receipts = [parse_receipt(record) async for record in consumed]
        async with _consumer(kafka) as consumer:
            topic_extents = await _extents(consumer, partitions[topic])
            consumed = _read(consumer, topic, topic_extents)
            records = [parse_record(record) async for record in consumed]
        async with _consumer(kafka) as consumer:
            extents = await _extents(consumer, partitions[dead_letter_topic])
            consumed = _read(consumer, dead_letter_topic, extents)
            letters = [parse_dead_letter(record, topic) async for record in consumed]
    except (KafkaError, TimeoutError) as error:
        raise CannotAuditError(f"topic {topic!r} at {bootstrap}: {error!r}") from error
    records.sort(key=lambda record: (record.partition, record.offset))
    return Log(tuple(topic_extents), tuple(records), tuple(letters), tuple(receipts))


@asynccontextmanager
async def _consumer(kafka: Options) -> AsyncIterator[AIOKafkaConsumer]:
    # The consumer has no group, because the auditor must not affect the group that it judges.
    # Each assignment gets its own consumer: `stop` does not stop a fetcher that still handles
    # the fetches of an earlier assignment. The short wait lets the fetcher move on from a partition
    # that has nothing new.
    consumer = AIOKafkaConsumer(**kafka, enable_auto_commit=False, fetch_max_wait_ms=10)
    try:
        await consumer.start()
        yield consumer
    finally:
        # The fetcher may swallow the single cancellation that `stop` sends, and `stop` would then
        # wait for it forever. The timeout cancels it a second time.
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await consumer.stop()


async def _partitions(kafka: Options, *topics: str) -> dict[str, list[TopicPartition]]:
    async with admin_client(kafka) as admin:
        return {topic: await partitions_of(admin, topic) for topic in topics}


async def _extents(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> list[Extent]:
    beginnings = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    return [Extent(tp.partition, beginnings[tp], ends[tp]) for tp in partitions]


async def _read(
    consumer: AIOKafkaConsumer, topic: str, extents: list[Extent]
) -> AsyncIterator[ConsumerRecord]:
    ends = {TopicPartition(topic, extent.partition): extent.end for extent in extents}
    consumer.assign(list(ends))
    for extent in extents:
        consumer.seek(TopicPartition(topic, extent.partition), extent.beginning)
    while unread := await _unread(consumer, ends):
        async with asyncio.timeout(_STANDSTILL_SECONDS):
            fetched = await _fetch(consumer, unread)
        for record in fetched:
            yield record


async def _fetch(
    consumer: AIOKafkaConsumer, unread: dict[TopicPartition, int]
) -> list[ConsumerRecord]:
    fetched = await consumer.getmany(*unread, timeout_ms=_FETCH_MS)
    return [
        record
        for tp, records in fetched.items()
        for record in records
        if record.offset < unread[tp]
    ]


async def _unread(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    # Compare positions, not counts, because offsets may have gaps.
    return {tp: end for tp, end in ends.items() if await consumer.position(tp) < end}
