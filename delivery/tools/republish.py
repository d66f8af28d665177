"""Puts records on the topic again: notifications from the inbox, other records unchanged."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord

from delivery.dead_letters.record import original_headers
from delivery.receipts.records import SOURCE
from delivery.tools.settings import ToolSettings
from producer_api.contract.events import EventType, headers
from producer_api.contract.notification import Document, public_json, rfc3339
from runtime.kafka_clients import start

#: The header of a record that an operator put on the topic again. It says where the record was.
REPLAYED_FROM = "replayed_from"


@asynccontextmanager
async def republisher(settings: ToolSettings) -> AsyncIterator["Republisher"]:
    """Provide a republisher with a producer of its own. Raises `KafkaError`."""
    producer = AIOKafkaProducer(
        **settings.kafka_client_options(), enable_idempotence=True, client_id="delivery-tools"
    )
    await start(producer, producer.stop)
    try:
        yield Republisher(producer, settings.kafka_topic)
    finally:
        await producer.stop()


class Republisher:
    """Publishes records one by one; each method returns when Kafka has confirmed its record.

    Every method raises `KafkaError`.
    """

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic

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
        await self._producer.send_and_wait(
            self._topic, key=key, value=value, headers=list(event_headers)
        )
