"""The topics that both programs need. The program that starts first creates them."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client

#: Far above the main topic's limit. A dead letter has more headers than the original record, and
#: the batch of the original record may have been better compressed.
LARGEST_DEAD_LETTER_BYTES = 64 * 1024 * 1024


async def ensure_topics(settings: SharedSettings) -> int:
    """Create the missing topics. Return how many partitions the main topic has.

    Leaves existing topics unchanged. Never changes the number of partitions of a topic, because
    users would move between them. Raises `aiokafka.errors.KafkaError`.
    """
    name = settings.kafka_topic
    async with admin_client(settings.kafka_client_options()) as admin:
        counts = await _partition_counts(admin)
        missing = [topic for topic in _topics(settings) if topic.name not in counts]
        created = await _create(admin, missing) if missing else set()
        if name in created:
            return settings.kafka_topic_partitions
        if name not in counts:
            # Another program was faster, perhaps with other settings.
            counts = await _partition_counts(admin)
    if name not in counts:
        raise UnknownTopicOrPartitionError(name)
    return counts[name]


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    topics = await admin.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in topics}


def _topics(settings: SharedSettings) -> list[NewTopic]:
    large = {"max.message.bytes": str(LARGEST_DEAD_LETTER_BYTES)}
    configs: dict[str, dict[str, str]] = {
        settings.kafka_topic: {},
        settings.receipt_topic: {},
        settings.dead_letter_topic: large,
    }
    counts = settings.kafka_topic_partitions, settings.kafka_topic_replication_factor
    return [NewTopic(name, *counts, topic_configs=config) for name, config in configs.items()]


async def _create(admin: AIOKafkaAdminClient, topics: list[NewTopic]) -> set[str]:
    """Create the topics, and return the names of those that did not exist."""
    response = await admin.create_topics(topics)
    created = set()
    for name, code, *message in response.topic_errors:
        error: type[KafkaError] = for_code(code)
        if not code:
            created.add(name)
        elif error is not TopicAlreadyExistsError:
            raise error(*message)
    return created
