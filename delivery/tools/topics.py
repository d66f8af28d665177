"""`topics`: create the topics of the pipeline before its programs start."""

from rich.console import Console

from delivery.tools.settings import ToolSettings
from producer_api.contract.topics import ensure_topics, topic_names
from runtime.kafka_clients import admin_client
from runtime.topic_metadata import read_topics


async def topics(settings: ToolSettings, console: Console, *, apply: bool) -> int:
    """Print the topics, and with `apply` create the missing ones. Never change an existing one.

    Returns 1 if a topic is missing, or has another number of partitions than the settings.
    """
    if apply:
        await ensure_topics(settings)
    async with admin_client(settings.kafka_client_options()) as admin:
        existing = await read_topics(admin._client, topic_names(settings))  # noqa: SLF001 - see `topic_metadata`
    wrong = 0
    for name in topic_names(settings):
        found = existing[name].partitions if name in existing else None
        wrong += found != settings.kafka_topic_partitions
        console.print(f"{name}: {'missing' if found is None else f'{found} partitions'}")
    if wrong:
        console.print(
            f"expected {settings.kafka_topic_partitions} partitions (KAFKA_TOPIC_PARTITIONS). "
            "--apply creates missing topics; docs/partitions.md says how to get more partitions"
        )
    return int(wrong > 0)
