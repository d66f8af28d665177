"""Reads topics from their beginning to their current end, without joining a consumer group."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from delivery.consume.raw_fetch import fetch_raw
from delivery.consume.short_requests import limit_small_requests
from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import start
from runtime.time_limits import CONSUMER_LIMITS
from runtime.topic_metadata import read_topics

_FETCH_MS = 200
#: How long a fetch at the end of a partition waits for new records.
_NEW_RECORDS_MS = 10
_STANDSTILL_SECONDS = 30
_STOP_SECONDS = 2


@asynccontextmanager
async def topic_reader(
    settings: SharedSettings, group: str | None = None
) -> AsyncIterator["TopicReader"]:
    """Provide a reader of topics; `commit` and `committed` use the offsets of `group`.

    Raises `KafkaError`.
    """
    consumer = AIOKafkaConsumer(
        **settings.kafka_client_options(),
        **CONSUMER_LIMITS,
        group_id=group,
        enable_auto_commit=False,
        # A reader reads one partition after the other. A fetch at the end of a partition waits for
        # new records, which delays the next partition. Keep this wait short.
        fetch_max_wait_ms=_NEW_RECORDS_MS,
    )
    limit_small_requests(consumer._client)  # noqa: SLF001 - aiokafka has no public way to it
    await start(consumer, partial(_stop, consumer))
    try:
        yield TopicReader(consumer)
    finally:
        await _stop(consumer)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    # `stop` cancels the fetch and waits for it. A fetch that has just received its answer swallows
    # the cancellation, and `stop` would wait forever. The time-out cancels it again.
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await consumer.stop()


class TopicReader:
    """Owns the consumer's assignment: one partition at a time.

    Every method raises `KafkaError`, and `TimeoutError` if Kafka returns nothing for 30 s.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def partitions(self, topic: str) -> list[TopicPartition]:
        """Return the topic's partitions, or an empty list if it does not exist."""
        found = await read_topics(self._consumer._client, [topic])  # noqa: SLF001 - see `topic_metadata`
        numbers = range(found[topic].partitions if topic in found else 0)
        return [TopicPartition(topic, number) for number in numbers]

    async def bytes_at(self, tp: TopicPartition, offset: int) -> bytes:
        """Return batches as they stand in the log from `offset` on; see `fetch_raw`."""
        client = self._consumer._client  # noqa: SLF001 - see `topic_metadata`
        await client.add_topic(tp.topic)
        return await fetch_raw(client, tp, offset)

    async def ends(self, topic_partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset after the last record of each partition."""
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(list(topic_partitions))
        return ends

    async def all_of(self, topic: str) -> AsyncIterator[ConsumerRecord]:
        """Yield all records of the topic, partition by partition."""
        for tp in await self.partitions(topic):
            async for record in self.records(tp):
                yield record

    async def records(
        self, tp: TopicPartition, begin: int | None = None
    ) -> AsyncGenerator[ConsumerRecord]:
        """Yield the records from `begin`, or from the first one, to the current end."""
        end = (await self._consumer.end_offsets([tp]))[tp]
        first = (await self._consumer.beginning_offsets([tp]))[tp]
        self._consumer.assign([tp])
        self._consumer.seek(tp, max(first, begin or 0))
        while await self._consumer.position(tp) < end:
            async with asyncio.timeout(_STANDSTILL_SECONDS):
                batches = await self._consumer.getmany(tp, timeout_ms=_FETCH_MS)
            for record in batches.get(tp, ()):
                if record.offset < end:
                    yield record

    async def first_since(self, tp: TopicPartition, milliseconds: int) -> int:
        """Return the offset of the first record at or after this Unix time, or else the end."""
        first = (await self._consumer.offsets_for_times({tp: milliseconds}))[tp]
        if first is not None:
            return int(first.offset)
        return (await self.ends([tp]))[tp]

    async def commit(self, tp: TopicPartition, offset: int) -> None:
        """Commit the offset for the group."""
        self._consumer.assign([tp])
        await self._consumer.commit({tp: offset})

    async def committed(self, tp: TopicPartition) -> int | None:
        """Return the group's committed offset, if there is one."""
        self._consumer.assign([tp])
        offset: int | None = await self._consumer.committed(tp)
        return offset
