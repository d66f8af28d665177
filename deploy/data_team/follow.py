"""Reads both topics from the stored offsets onwards, without a consumer group."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.data_team.events import changes_of
from deploy.data_team.funnel import Funnel
from runtime.kafka_clients import admin_client, start

_FETCH_MS = 500
_FETCH_RECORDS = 20_000
_STANDSTILL_SECONDS = 30.0


class NoTopicError(Exception):
    """A topic that should be read does not exist."""


class Follower:
    """Owns the consumer; the funnel owns the offsets. Every method may raise `KafkaError`."""

    def __init__(self, consumer: AIOKafkaConsumer, funnel: Funnel) -> None:
        self._consumer = consumer
        self._funnel = funnel

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, kafka: dict[str, Any], topics: list[str], funnel: Funnel
    ) -> AsyncIterator["Follower"]:
        """Open a consumer at the funnel's offsets. `kafka` has aiokafka's options to connect.

        Raises `NoTopicError`.
        """
        partitions = await _partitions(kafka, topics)
        consumer = AIOKafkaConsumer(**kafka, enable_auto_commit=False, auto_offset_reset="earliest")
        await start(consumer, consumer.stop)
        try:
            consumer.assign(partitions)
            progress = funnel.progress()
            ends = await consumer.end_offsets(partitions)
            for partition in partitions:
                offset = progress.get((partition.topic, partition.partition))
                # Beyond the log's end, the topic was deleted and made again, and the offset is
                # that of the old log. Nothing would be read until the new log is longer.
                if offset is not None and offset <= ends[partition]:
                    consumer.seek(partition, offset)
                else:
                    await consumer.seek_to_beginning(partition)
            yield cls(consumer, funnel)
        finally:
            await consumer.stop()

    async def read_to_end(self) -> int:
        """Read to the current end of each partition. Return the number of records.

        Raises `TimeoutError` after 30 s without a record.
        """
        ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        count, last_at = 0, time.monotonic()
        while await self._is_behind(ends):
            step = await self.step()
            count += step
            if step:
                last_at = time.monotonic()
            elif time.monotonic() - last_at > _STANDSTILL_SECONDS:
                raise TimeoutError(f"no record arrived for {_STANDSTILL_SECONDS:g} s")
        return count

    async def step(self) -> int:
        """Read the available records, waiting up to 0.5 s for one. Return how many there were."""
        fetched = await self._consumer.getmany(timeout_ms=_FETCH_MS, max_records=_FETCH_RECORDS)
        changes = [
            change
            for records in fetched.values()
            for record in records
            for change in changes_of(record.headers, record.value)
        ]
        progress = {
            (partition.topic, partition.partition): records[-1].offset + 1
            for partition, records in fetched.items()
        }
        if progress:
            await asyncio.to_thread(self._funnel.apply, changes, progress)
        return sum(len(records) for records in fetched.values())

    async def _is_behind(self, ends: dict[TopicPartition, int]) -> bool:
        for partition, end in ends.items():
            if await self._consumer.position(partition) < end:
                return True
        return False


async def _partitions(kafka: dict[str, Any], topics: list[str]) -> list[TopicPartition]:
    async with admin_client(kafka) as admin:
        descriptions = await admin.describe_topics(topics)
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in descriptions
        for partition in topic["partitions"]
    ]
    for topic in topics:
        if not any(partition.topic == topic for partition in partitions):
            raise NoTopicError(f"Kafka at {kafka['bootstrap_servers']} has no topic {topic!r}")
    return partitions
