"""Puts records on the topic again: notifications from the inbox, other records unchanged."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord

from delivery.dead_letters.record import original_headers
from delivery.receipts.records import SOURCE
from delivery.tools.settings import ToolSettings
from delivery.tools.tool_inbox import ToolInbox
from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import Document, public_json, rfc3339
from producer_api.contract.partitioning import partition_of_key
from runtime.kafka_clients import start

#: The header of a record that an operator put on the topic again. It says where the record was.
REPLAYED_FROM = "replayed_from"


@asynccontextmanager
async def republisher(
    settings: ToolSettings, tool_inbox: ToolInbox
) -> AsyncIterator["Republisher"]:
    """Provide a republisher with a producer of its own. Raises `KafkaError` or `PyMongoError`."""
    partitions = await tool_inbox.first_partitions(settings.kafka_topic)
    producer = AIOKafkaProducer(
        **settings.kafka_client_options(), enable_idempotence=True, client_id="delivery-tools"
    )
    await start(producer, producer.stop)
    try:
        yield Republisher(producer, settings.kafka_topic, partitions)
    finally:
        await producer.stop()


class Republisher:
    """Publishes records one by one; each method returns when Kafka has confirmed its record.

    Every method raises `KafkaError`.
    """

    def __init__(self, producer: Any, topic: str, partitions: int | None) -> None:
        """Spread records over this many partitions. With None, the producer chooses."""
        self._producer = producer
        self._topic = topic
        self._partitions = partitions

    async def publish_notification(self, document: Document, origin: str) -> None:
        """Publish the notification's record again.

        The record has the same id as the original, so consumers that have the original drop it.
        """
        event_headers = headers(
            document["_id"], EventType.CREATED, SOURCE, rfc3339(document["created_at"]) or ""
        )
        key, value = document["user_id"].encode(), public_json(document)
        await self._send(key, value, [*event_headers, (REPLAYED_FROM, origin.encode())])

    async def publish_unchanged(self, letter: ConsumerRecord, origin: str) -> None:
        """Publish the original record of a dead letter, unchanged."""
        event_headers = original_headers(letter.headers)
        await self._send(
            letter.key, letter.value, [*event_headers, (REPLAYED_FROM, origin.encode())]
        )

    async def _send(
        self,
        key: bytes | None,
        value: bytes | None,
        event_headers: Sequence[tuple[str, bytes | None]],
    ) -> None:
        partition = None
        if key is not None and self._partitions:
            partition = partition_of_key(key, self._partitions)
        await self._producer.send_and_wait(
            self._topic, key=key, value=value, partition=partition, headers=list(event_headers)
        )
