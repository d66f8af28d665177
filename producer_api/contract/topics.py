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


async def ensure_topics(settings: SharedSettings, partitions: int | None = None) -> int:
    """Create the missing topics. Return how many partitions the main topic has.

    Creates the main topic with `partitions`, by default those of the settings. Leaves existing
    topics unchanged. Never changes the number of partitions of a topic, because users would move
    between them. Raises `aiokafka.errors.KafkaError`.
    """
    name = settings.kafka_topic
    async with admin_client(settings.kafka_client_options()) as admin:
        counts = await _partition_counts(admin)
        missing = [topic for topic in _topics(settings, partitions) if topic.name not in counts]
        created = await _create(admin, missing) if missing else set()
        if name in created:
            return partitions or settings.kafka_topic_partitions
        if name not in counts:
            # Another program was faster, perhaps with other settings.
            counts = await _partition_counts(admin)
    if name not in counts:
        raise UnknownTopicOrPartitionError(name)
    return counts[name]


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    topics = await admin.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in topics}


def topic_names(settings: SharedSettings) -> list[str]:
    """Return the names of all topics, the main one first."""
    return [topic.name for topic in _topics(settings, None)]


def _topics(settings: SharedSettings, partitions: int | None) -> list[NewTopic]:
    count, replicas = settings.kafka_topic_partitions, settings.kafka_topic_replication_factor
    large = {"max.message.bytes": str(LARGEST_DEAD_LETTER_BYTES)}
    return [
        NewTopic(settings.kafka_topic, partitions or count, replicas),
        NewTopic(settings.receipt_topic, count, replicas),
        NewTopic(settings.dead_letter_topic, count, replicas, topic_configs=large),
    ]


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
