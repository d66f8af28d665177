"""The topic, the inbox and the group as seen from outside our programs."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.partitioner import murmur2
from aiokafka.structs import OffsetAndMetadata
from pymongo import AsyncMongoClient

from producer_api.contract.events import EventType, headers
from producer_api.contract.ids import IdSource
from producer_api.contract.inbox_event import InboxEvent
from producer_api.contract.notification import COLLECTION, Document, public_json, rfc3339
from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics
from producer_api.inbox.indexes import INDEXES
from tests.auditor.logs import AcceptedLog
from tests.services.waiting import PATIENCE_SECONDS, eventually

_STOP_SECONDS = 2


@dataclass(slots=True)
class World:
    """Writes notifications as the producer API does, and reads their state."""

    settings: SharedSettings
    group: str
    producer: AIOKafkaProducer
    admin: AIOKafkaAdminClient
    mongo: AsyncMongoClient[Document]
    ids: IdSource
    accepted: AcceptedLog | None = None
    """Where what is published is written down for the auditor, as accepted by the API."""
    begins: dict[int, int] = field(default_factory=dict)
    """The offset at which `records` begins, by partition of the topic."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, env: dict[str, str]) -> AsyncIterator["World"]:
        """Open the topic and the inbox of this environment; create what is missing."""
        settings = SharedSettings.model_validate(
            {name.lower(): value for name, value in env.items()}
        )
        await ensure_topics(settings)
        producer = AIOKafkaProducer(**settings.kafka_client_options(), enable_idempotence=True)
        admin = AIOKafkaAdminClient(**settings.kafka_client_options())
        mongo: AsyncMongoClient[Document] = AsyncMongoClient(settings.mongo_url, tz_aware=True)
        # The producer API creates these indexes. Delivery needs them, and may run here without it.
        await mongo[settings.mongo_database][COLLECTION].create_indexes(INDEXES)
        await producer.start()
        await admin.start()
        try:
            yield cls(settings, env["KAFKA_GROUP_ID"], producer, admin, mongo, IdSource())
        finally:
            await producer.stop()
            await admin.close()
            await mongo.close()

    @property
    def inbox(self) -> Any:
        """The collection of notifications."""
        return self.mongo[self.settings.mongo_database][COLLECTION]

    async def begin_again(self) -> None:
        """Empty all collections but the leases, and skip what is on the topic so far."""
        database = self.mongo[self.settings.mongo_database]
        for name in await database.list_collection_names():
            if name != "leases" and not name.startswith("system."):
                await database[name].delete_many({})
        self.begins = await self.ends()

    def document(self, user: str, **fields: Any) -> Document:
        """Return a new notification that is neither stored nor published."""
        now = datetime.now(UTC)
        document: Document = {
            "_id": self.ids.next(),
            "user_id": user,
            "type": "order.shipped",
            "title": "Pedido despachado",
            "body": "Tu pedido va en camino",
            "data": json.dumps({"order_id": "1"}),
            "action_url": None,
            "created_at": now.replace(microsecond=now.microsecond // 1000 * 1000),
            "expires_at": None,
            "collapse_key": None,
            "delivered_at": None,
            "seen_at": None,
            "read_at": None,
            "archived_at": None,
            "superseded_by": None,
        }
        document.update(fields)  # type: ignore[typeddict-item] # the caller names real fields
        return document

    async def create(self, user: str, count: int = 1, **fields: Any) -> list[str]:
        """Create notifications as the producer does: first in the inbox, then on the topic."""
        documents = [self.document(user, **fields) for _ in range(count)]
        await self.inbox.insert_many(documents)
        await self.publish(*documents)
        return [document["_id"] for document in documents]

    async def publish(self, *documents: Document) -> None:
        """Publish the records of these notifications, in order."""
        sent = [
            await self.producer.send(
                self.settings.kafka_topic,
                key=document["user_id"].encode(),
                value=public_json(document),
                headers=headers(
                    document["_id"],
                    EventType.CREATED,
                    "/test",
                    rfc3339(document["created_at"]) or "",
                ),
            )
            for document in documents
        ]
        await asyncio.gather(*sent)
        if self.accepted is not None:
            for document in documents:
                self.accepted.note(document["_id"], document["user_id"])

    async def erase(self, user: str) -> None:
        """Erase a user as the producer does: delete the inbox, then publish the erasure."""
        at, up_to = datetime.now(UTC), self.ids.next()
        await self.inbox.delete_many({"user_id": user})
        event = InboxEvent(user, at, 0, 0, [], erased_up_to=up_to)
        await self.publish_erasure(user, event.json())

    async def publish_erasure(self, user: str, value: bytes) -> None:
        """Publish an erasure of any value."""
        now = rfc3339(datetime.now(UTC)) or ""
        await self.producer.send_and_wait(
            self.settings.kafka_topic,
            key=user.encode(),
            value=value,
            headers=headers(self.ids.next(), EventType.ERASED, "/test", now),
        )

    async def committed(self) -> dict[int, OffsetAndMetadata]:
        """Return the committed offsets of the group with their metadata, by partition."""
        offsets = await self.admin.list_consumer_group_offsets(self.group)
        return {place.partition: offset for place, offset in offsets.items()}

    async def ends(self) -> dict[int, int]:
        """Return the offset after the last record, by partition."""
        consumer = AIOKafkaConsumer(**self.settings.kafka_client_options())
        await consumer.start()
        try:
            places = [
                TopicPartition(self.settings.kafka_topic, number)
                for number in range(self.settings.kafka_topic_partitions)
            ]
            ends = await consumer.end_offsets(places)
        finally:
            await consumer.stop()
        return {place.partition: offset for place, offset in ends.items()}

    async def committed_of(self, partition: int) -> int:
        """Return the committed offset of a partition; 0 while there is none."""
        offset = (await self.committed()).get(partition)
        return 0 if offset is None else offset.offset

    def users_of_partition(self, partition: int, count: int) -> list[str]:
        """Return the ids of `count` users whose records go to this partition."""
        partitions = self.settings.kafka_topic_partitions
        names = (f"user-{number}" for number in itertools.count())
        return list(
            itertools.islice(
                (
                    name
                    for name in names
                    if (murmur2(name.encode()) & 0x7FFFFFFF) % partitions == partition
                ),
                count,
            )
        )

    def ids_of_clock(self, seconds_ahead: float) -> IdSource:
        """Return the id source of a producer whose clock is ahead of ours."""
        return IdSource(lambda: time.time_ns() + int(seconds_ahead * 1e9))

    async def total_committed(self) -> int:
        """Return the sum of the committed offsets of all partitions."""
        return sum(offset.offset for offset in (await self.committed()).values())

    async def all_committed(self) -> None:
        """Wait until the offset of every record on the topic is committed."""
        end = sum((await self.ends()).values())

        async def passed() -> bool:
            return await self.total_committed() >= end

        await eventually(passed)

    async def delivered(self, ids: list[str]) -> set[str]:
        """Return those of these ids that have a `delivered_at`."""
        cursor = self.inbox.find({"_id": {"$in": ids}, "delivered_at": {"$ne": None}})
        return {document["_id"] async for document in cursor}

    async def all_delivered(self, ids: list[str]) -> None:
        """Wait until all of these have a `delivered_at`, so that no ack is still on its way."""
        wanted = set(ids)

        async def written() -> bool:
            return await self.delivered(ids) == wanted

        await eventually(written)

    async def limit(self, topic: str, size: int) -> None:
        """Make the topic refuse batches of more than `size` bytes."""
        name, wanted = "max.message.bytes", str(size)
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: wanted})
        await self.admin.alter_configs([resource])

        async def in_force() -> bool:
            (answer,) = await self.admin.describe_configs([resource])
            ((*_, entries),) = answer.resources
            return (name, wanted) in [entry[:2] for entry in entries]

        await eventually(in_force)

    async def all_receipts_confirmed(self) -> None:
        """Wait until Kafka has all receipts of what was delivered, by any instance."""
        owed: Any = self.mongo[self.settings.mongo_database]["owed_receipts"]

        async def none_is() -> bool:
            return await owed.find_one({"run": {"$exists": True}}) is None

        await eventually(none_is)

    async def records(self, topic: str) -> list[Any]:
        """Return the records of a topic by partition; those of the main topic from `begins` on."""
        consumer = AIOKafkaConsumer(
            topic, **self.settings.kafka_client_options(), auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            places = list(consumer.assignment())
            ends = await consumer.end_offsets(places)
            begins = self.begins if topic == self.settings.kafka_topic else {}
            for place in places:
                consumer.seek(place, begins.get(place.partition, 0))
            found: list[Any] = []
            count = sum(ends.values()) - sum(begins.values())
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(found) < count:
                    batch = await consumer.getmany(timeout_ms=200)
                    found += [record for records in batch.values() for record in records]
        finally:
            # A fetch that has just been answered swallows the cancellation by `stop`, which then
            # never returns. The time-out cancels it a second time.
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await consumer.stop()
        return found

    def in_an_hour(self) -> datetime:
        """Return an expiry that no test reaches."""
        return datetime.now(UTC) + timedelta(hours=1)
