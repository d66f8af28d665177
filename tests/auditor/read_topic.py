"""Reads a topic from its beginning to the end that it has now."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from tests.auditor.errors import CannotAuditError
from tests.auditor.facts import DeadLetter, Extent, Receipt, Record
from tests.auditor.kafka import admin_client, partitions_of
from tests.auditor.record import to_dead_letter, to_receipt, to_record

_FETCH_MS = 200
_STANDSTILL_SECONDS = 30
_STOP_SECONDS = 2


class Log(NamedTuple):
    """What the three topics have."""

    extents: tuple[Extent, ...]
    records: tuple[Record, ...]
    dead_letters: tuple[DeadLetter, ...]
    receipts: tuple[Receipt, ...]


async def read_log(bootstrap: str, topic: str) -> Log:
    """Read the receipts, then the topic and its dead letters.

    Receipts are written last. Reading them first makes sure that what they are about is read too.
    Raises `CannotAuditError`.
    """
    dead, told = f"{topic}-dlq", f"{topic.removesuffix('s')}-receipts"
    try:
        places = await _places(bootstrap, topic, dead, told)
        if not places[topic]:
            raise CannotAuditError(f"Kafka at {bootstrap} has no topic {topic!r}")
        async with _consumer(bootstrap) as consumer:
            told_extents = await _extents(consumer, places[told])
            receipts = [to_receipt(found) async for found in _read(consumer, told, told_extents)]
        async with _consumer(bootstrap) as consumer:
            extents = await _extents(consumer, places[topic])
            records = [to_record(found) async for found in _read(consumer, topic, extents)]
        async with _consumer(bootstrap) as consumer:
            dead_extents = await _extents(consumer, places[dead])
            found_dead = _read(consumer, dead, dead_extents)
            letters = [to_dead_letter(found, topic) async for found in found_dead]
    except (KafkaError, TimeoutError) as error:
        raise CannotAuditError(f"topic {topic!r} at {bootstrap}: {error!r}") from error
    records.sort(key=lambda record: (record.partition, record.offset))
    return Log(tuple(extents), tuple(records), tuple(letters), tuple(receipts))


@asynccontextmanager
async def _consumer(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    # Without a group: the auditor must leave no trace in the one that it judges. One for each
    # assignment: a fetcher that still ends its fetches of the last one is not stopped by `stop`.
    # The next partition is fetched when this one, which waits for news at its end, has none.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=10
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        # Where the fetcher has swallowed the one cancellation that `stop` gives it, it is awaited
        # for ever; the time-out cancels it once more.
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await consumer.stop()


async def _places(bootstrap: str, *topics: str) -> dict[str, list[TopicPartition]]:
    async with admin_client(bootstrap) as admin:
        return {topic: await partitions_of(admin, topic) for topic in topics}


async def _extents(consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> list[Extent]:
    beginnings = await consumer.beginning_offsets(places)
    ends = await consumer.end_offsets(places)
    return [Extent(place.partition, beginnings[place], ends[place]) for place in places]


async def _read(
    consumer: AIOKafkaConsumer, topic: str, extents: list[Extent]
) -> AsyncIterator[ConsumerRecord]:
    ends = {TopicPartition(topic, extent.partition): extent.end for extent in extents}
    consumer.assign(list(ends))
    for extent in extents:
        consumer.seek(TopicPartition(topic, extent.partition), extent.beginning)
    while unread := await _unread(consumer, ends):
        async with asyncio.timeout(_STANDSTILL_SECONDS):
            fetched = await _some(consumer, unread)
        for record in fetched:
            yield record


async def _some(
    consumer: AIOKafkaConsumer, unread: dict[TopicPartition, int]
) -> list[ConsumerRecord]:
    fetched = await consumer.getmany(*unread, timeout_ms=_FETCH_MS)
    return [
        record
        for place, records in fetched.items()
        for record in records
        if record.offset < unread[place]
    ]


async def _unread(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> dict[TopicPartition, int]:
    # By position, not by count: offsets may have gaps.
    return {place: end for place, end in ends.items() if await consumer.position(place) < end}
