"""The topics that both programs need. The program that starts first creates them."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from producer_api.contract.settings import SharedSettings
from runtime.kafka_clients import admin_client

#: Far above the main topic's limit. A dead letter has more headers than the original record, and
#: the batch of the original record may have been better compressed.
LARGEST_DEAD_LETTER_BYTES = 64 * 1024 * 1024


async def ensure_topics(settings: SharedSettings) -> None:
    """Create the missing topics. Leave existing topics unchanged.

    Never changes the number of partitions of a topic, because users would move between them.
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
    response = await admin.create_topics(topics)
    for _, code, *message in response.topic_errors:
        error: type[KafkaError] = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(*message)
