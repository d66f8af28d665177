"""The topics both programs need, made by whichever of them starts first."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client

#: Far above what the topic itself takes: a dead letter has headers of its own, and may have come
#: in a batch that was compressed better.
LARGEST_DEAD_LETTER_BYTES = 64 * 1024 * 1024


async def ensure_topics(settings: SharedSettings) -> None:
    """Create the topics that are missing; those that exist are left as they are.

    The number of partitions of a live topic is never changed: users would move between them.
    Raises `aiokafka.errors.KafkaError`.
    """
    async with admin_client(settings.kafka_client_options()) as admin:
        existing = set(await admin.list_topics())
        missing = [topic for topic in _topics(settings) if topic.name not in existing]
        if missing:
            await _create(admin, missing)


def _topics(settings: SharedSettings) -> list[NewTopic]:
    large = {"max.message.bytes": str(LARGEST_DEAD_LETTER_BYTES)}
    configs: dict[str, dict[str, str]] = {
        settings.kafka_topic: {},
        settings.receipt_topic: {},
        settings.dead_letter_topic: large,
    }
    counts = settings.kafka_topic_partitions, settings.kafka_topic_replication_factor
    return [NewTopic(name, *counts, topic_configs=config) for name, config in configs.items()]


async def _create(admin: AIOKafkaAdminClient, topics: list[NewTopic]) -> None:
    answer = await admin.create_topics(topics)
    for _, code, *message in answer.topic_errors:
        error: type[KafkaError] = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(*message)
