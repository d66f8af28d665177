"""The topics that both programs need. The program that starts first creates them."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from producer_api.contract.durability import MIN_INSYNC, min_insync, warn_of_weak_topics
from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client
from runtime.topic_metadata import read_topics

#: The dead-letter topic's limit for a batch of records, far above that of the main topic. A dead
#: letter has more headers than its record, and the record's batch may have been compressed better.
LARGEST_DEAD_LETTER_BYTES = 64 * 1024 * 1024


async def ensure_topics(settings: SharedSettings, partitions: int | None = None) -> int:
    """Create the missing topics. Return how many partitions the main topic has.

    Creates topics with this number of `partitions`, by default the number in the settings. Leaves
    existing topics unchanged. Never changes the number of partitions of a topic, because users
    would move to other partitions. Raises `aiokafka.errors.KafkaError`.
    """
    name, names = settings.kafka_topic, topic_names(settings)
    async with admin_client(settings.kafka_client_options()) as admin:
        client = admin._client  # noqa: SLF001 - see `topic_metadata`
        existing = await read_topics(client, names)
        missing = [topic for topic in _topics(settings, partitions) if topic.name not in existing]
        created = await _create(admin, missing) if missing else set()
        replicas = [(topic, found.replicas) for topic, found in existing.items()]
        await warn_of_weak_topics(admin, replicas, len(client.cluster.brokers()))
        if name in created:
            return partitions or settings.kafka_topic_partitions
        if name not in existing:
            # Another program has just created the topic, perhaps with other settings.
            existing = await read_topics(client, names)
    if name not in existing:
        raise UnknownTopicOrPartitionError(name)
    return existing[name].partitions


def topic_names(settings: SharedSettings) -> list[str]:
    """Return the names of all topics, the main one first."""
    return [topic.name for topic in _topics(settings, None)]


def _topics(settings: SharedSettings, partitions: int | None) -> list[NewTopic]:
    # All topics have the same number of partitions, so that the records of one user are in the
    # partition of the same number in each topic.
    count = partitions or settings.kafka_topic_partitions
    replicas = settings.kafka_topic_replication_factor
    insync = min_insync(replicas)
    common = {} if insync is None else {MIN_INSYNC: str(insync)}
    large = {**common, "max.message.bytes": str(LARGEST_DEAD_LETTER_BYTES)}
    return [
        NewTopic(settings.kafka_topic, count, replicas, topic_configs=common),
        NewTopic(settings.receipt_topic, count, replicas, topic_configs=common),
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
            raise error(f"topic {name!r} cannot be created: {' '.join(map(str, message))}")
    return created
