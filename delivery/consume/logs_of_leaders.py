"""Asks all brokers about a log that seems to be cut or replaced, before it is read again."""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import LeaderNotAvailableError, UnknownTopicOrPartitionError

from delivery.consume.log_offsets import QUESTIONS, ends_at
from delivery.core.log_change import Log
from runtime.topic_views import latest, read_views

_ANSWER_SECONDS = 2.0


async def logs_of_leaders(
    consumer: AIOKafkaConsumer, topic: str, numbers: Collection[int]
) -> dict[int, Log]:
    """Return the logs of these partitions, as the leaders with the latest leader epochs know them.

    Raises `KafkaError`, also if most of the brokers do not answer, and `TimeoutError`.
    """
    client = consumer._client  # noqa: SLF001 - aiokafka has no public way to its client
    topic_id, leaders = latest(await read_views(client, topic, QUESTIONS))
    if topic_id is None:
        raise UnknownTopicOrPartitionError(topic)
    if missing := [number for number in numbers if number not in leaders]:
        raise LeaderNotAvailableError(f"{topic}: {missing}")
    nodes = {TopicPartition(topic, number): leaders[number].node for number in numbers}
    async with asyncio.timeout(_ANSWER_SECONDS):
        ends = await ends_at(client, nodes)
    return {tp.partition: Log(topic_id, *ends[tp]) for tp in nodes}
