"""A topic as it is now: each partition from its beginning to its end, without joining a group."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client

_FETCH_MS, _NEWS_MS = 200, 10
_STANDSTILL_SECONDS = 30
_STOP_SECONDS = 2


@asynccontextmanager
async def reader(settings: SharedSettings, group: str | None = None) -> AsyncIterator["Reader"]:
    """Reads topics; `group` only names whose offsets `commit` writes. Raises `KafkaError`."""
    consumer = AIOKafkaConsumer(
        **settings.kafka_client_options(),
        group_id=group,
        enable_auto_commit=False,
        # The next partition's fetch waits for this one's, which at its end waits for news.
        fetch_max_wait_ms=_NEWS_MS,
    )
    try:
        await consumer.start()
        async with admin_client(settings.kafka_client_options()) as client:
            yield Reader(consumer, client)
    finally:
        # A fetch just answered swallows the cancellation that `stop` gives it; the time-out
        # cancels it once more.
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await consumer.stop()


class Reader:
    """Owns what its consumer is assigned: one partition at a time. All raises `KafkaError`, and
    `TimeoutError` where Kafka gives nothing for half a minute.
    """

    def __init__(self, consumer: AIOKafkaConsumer, client: AIOKafkaAdminClient) -> None:
        self._consumer = consumer
        self._admin = client

    async def partitions(self, topic: str) -> list[TopicPartition]:
        """The topic's partitions; none where it does not exist."""
        (described,) = await self._admin.describe_topics([topic])
        numbers = sorted(each["partition"] for each in described["partitions"])
        return [TopicPartition(topic, number) for number in numbers]

    async def ends(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset after the last record of each."""
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(list(places))
        return found

    async def all_of(self, topic: str) -> AsyncIterator[ConsumerRecord]:
        """Everything on the topic, partition by partition."""
        for place in await self.partitions(topic):
            async for record in self.records(place):
                yield record

    async def records(
        self, place: TopicPartition, begin: int | None = None
    ) -> AsyncIterator[ConsumerRecord]:
        """The partition's records from that offset, or its beginning, to the end it has now."""
        end = (await self._consumer.end_offsets([place]))[place]
        first = (await self._consumer.beginning_offsets([place]))[place]
        self._consumer.assign([place])
        self._consumer.seek(place, max(first, begin or 0))
        while await self._consumer.position(place) < end:
            async with asyncio.timeout(_STANDSTILL_SECONDS):
                fetched = await self._consumer.getmany(place, timeout_ms=_FETCH_MS)
            for record in fetched.get(place, ()):
                if record.offset < end:
                    yield record

    async def first_since(self, place: TopicPartition, milliseconds: int) -> int:
        """The offset of the first record of that Unix time or later; the end, where none is."""
        found = (await self._consumer.offsets_for_times({place: milliseconds}))[place]
        if found is not None:
            return int(found.offset)
        return (await self.ends([place]))[place]

    async def commit(self, place: TopicPartition, offset: int) -> None:
        """Write down for the group how far this partition is done."""
        self._consumer.assign([place])
        await self._consumer.commit({place: offset})

    async def committed(self, place: TopicPartition) -> int | None:
        """How far the group has written down, if it has."""
        self._consumer.assign([place])
        found: int | None = await self._consumer.committed(place)
        return found
