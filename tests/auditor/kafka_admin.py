"""Kafka's admin client, and the partitions of a topic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from runtime.stable_offsets import require_stable_offsets
from tests.auditor.kafka_options import Options


@asynccontextmanager
async def admin_client(kafka: Options) -> AsyncIterator[AIOKafkaAdminClient]:
    """Start an admin client, and close it at the end. Raises `aiokafka.errors.KafkaError`."""
    require_stable_offsets()  # extends aiokafka; the auditor shares no other code with programs
    admin = AIOKafkaAdminClient(**kafka)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def partitions_of(admin: AIOKafkaAdminClient, topic: str) -> list[TopicPartition]:
    """Return the topic's partitions, or an empty list if the topic does not exist."""
    (described,) = await admin.describe_topics([topic])
    numbers = sorted(partition["partition"] for partition in described["partitions"])
    return [TopicPartition(topic, number) for number in numbers]
