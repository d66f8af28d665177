"""Puts records on the topic again: of notifications as the inbox has them, of others as found."""

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

#: The header that says that an operator has put it there, and where it stood.
REPLAYED_FROM = "replayed_from"


@asynccontextmanager
async def republisher(settings: ToolSettings) -> AsyncIterator["Republisher"]:
    """Raises `KafkaError`."""
    producer = AIOKafkaProducer(
        **settings.kafka_client_options(), enable_idempotence=True, client_id="delivery-tools"
    )
    await start(producer, producer.stop)
    try:
        yield Republisher(producer, settings.kafka_topic)
    finally:
        await producer.stop()


class Republisher:
    """Each record is confirmed when its call returns. All raises `KafkaError`."""

    def __init__(self, producer: Any, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def notification(self, document: Document, origin: str) -> None:
        """A repeat of its record: the same id, so consumers that had it drop this one."""
        about = headers(
            document["_id"], EventType.CREATED, SOURCE, rfc3339(document["created_at"]) or ""
        )
        key, value = document["user_id"].encode(), public_json(document)
        await self._send(key, value, [*about, (REPLAYED_FROM, origin.encode())])

    async def untouched(self, letter: ConsumerRecord, origin: str) -> None:
        """The record as it was."""
        about = original_headers(letter.headers)
        await self._send(letter.key, letter.value, [*about, (REPLAYED_FROM, origin.encode())])

    async def _send(
        self, key: bytes | None, value: bytes | None, about: Sequence[tuple[str, bytes | None]]
    ) -> None:
        await self._producer.send_and_wait(self._topic, key=key, value=value, headers=list(about))
