"""The admin client, and which partitions there are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


@asynccontextmanager
async def admin_client(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client. Raises `aiokafka.errors.KafkaError`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def partitions_of(admin: AIOKafkaAdminClient, topic: str) -> list[TopicPartition]:
    """The topic's partitions; none where it does not exist."""
    (described,) = await admin.describe_topics([topic])
    numbers = sorted(each["partition"] for each in described["partitions"])
    return [TopicPartition(topic, number) for number in numbers]
