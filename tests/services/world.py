"""The topic, the inbox and the consumer group, seen from outside our programs."""

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
    """The auditor's log of accepted notifications. It gets every notification of `publish`."""
    begins: dict[int, int] = field(default_factory=dict)
    """The first offset that `records` returns, by partition of the topic."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, env: dict[str, str]) -> AsyncIterator["World"]:
        """Open the topic and the inbox of this environment, and create them if they are missing."""
        settings = SharedSettings.model_validate(
            {name.lower(): value for name, value in env.items()}
        )
        await ensure_topics(settings)
        producer = AIOKafkaProducer(**settings.kafka_client_options(), enable_idempotence=True)
        admin = AIOKafkaAdminClient(**settings.kafka_client_options())
        mongo: AsyncMongoClient[Document] = AsyncMongoClient(settings.mongo_url, tz_aware=True)
        # The producer API creates these indexes. Delivery needs them, and a test may run it alone.
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
        """Empty all collections except the leases, and skip the records published so far."""
        database = self.mongo[self.settings.mongo_database]
        for name in await database.list_collection_names():
            if name != "leases" and not name.startswith("system."):
                await database[name].delete_many({})
        # Otherwise a test that uses the profiler would also find operations of earlier tests.
        await database.command("profile", 0)
        await database.drop_collection("system.profile")
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
        document.update(fields)  # type: ignore[typeddict-item] # callers pass only existing fields
        return document

    async def create(self, user: str, count: int = 1, **fields: Any) -> list[str]:
        """Create notifications as the producer API does: first in the inbox, then on the topic."""
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
        """Erase a user as the producer API does: delete the inbox, then publish the erasure."""
        at, up_to = datetime.now(UTC), self.ids.next()
        await self.inbox.delete_many({"user_id": user})
        event = InboxEvent(user, at, 0, 0, [], erased_up_to=up_to)
        await self.publish_erasure(user, event.json())

    async def publish_erasure(self, user: str, value: bytes) -> None:
        """Publish an erasure record with this value."""
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
        return {partition.partition: offset for partition, offset in offsets.items()}

    async def ends(self) -> dict[int, int]:
        """Return the end offsets, by partition."""
        consumer = AIOKafkaConsumer(**self.settings.kafka_client_options())
        await consumer.start()
        try:
            partitions = [
                TopicPartition(self.settings.kafka_topic, number)
                for number in range(self.settings.kafka_topic_partitions)
            ]
            ends = await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()
        return {partition.partition: offset for partition, offset in ends.items()}

    async def committed_of(self, partition: int) -> int:
        """Return the committed offset of a partition, or 0 before the first commit."""
        offset = (await self.committed()).get(partition)
        return 0 if offset is None else offset.offset

    def users_of_partition(self, partition: int, count: int) -> list[str]:
        """Return the ids of `count` users whose records go to this partition."""
        partitions = self.settings.kafka_topic_partitions
        ids = (f"user-{number}" for number in itertools.count())
        return list(
            itertools.islice(
                (
                    user
                    for user in ids
                    if (murmur2(user.encode()) & 0x7FFFFFFF) % partitions == partition
                ),
                count,
            )
        )

    def ids_of_clock(self, seconds_ahead: float) -> IdSource:
        """Return an id source whose clock is ahead of ours by this many seconds."""
        return IdSource(lambda: time.time_ns() + int(seconds_ahead * 1e9))

    async def total_committed(self) -> int:
        """Return the sum of the committed offsets of all partitions."""
        return sum(offset.offset for offset in (await self.committed()).values())

    async def all_committed(self) -> None:
        """Wait until the offset of every record on the topic is committed."""
        end = sum((await self.ends()).values())

        async def is_committed() -> bool:
            return await self.total_committed() >= end

        await eventually(is_committed)

    async def delivered(self, ids: list[str]) -> set[str]:
        """Return the ids that have a `delivered_at`."""
        cursor = self.inbox.find({"_id": {"$in": ids}, "delivered_at": {"$ne": None}})
        return {document["_id"] async for document in cursor}

    async def all_delivered(self, ids: list[str]) -> None:
        """Wait until all ids have a `delivered_at`, so that no ack is still being processed."""
        expected = set(ids)

        async def written() -> bool:
            return await self.delivered(ids) == expected

        await eventually(written)

    async def limit(self, topic: str, size: int) -> None:
        """Make the topic refuse batches of more than `size` bytes."""
        name, value = "max.message.bytes", str(size)
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
        await self.admin.alter_configs([resource])

        async def in_force() -> bool:
            (answer,) = await self.admin.describe_configs([resource])
            ((*_, entries),) = answer.resources
            return (name, value) in [entry[:2] for entry in entries]

        await eventually(in_force)

    async def all_receipts_confirmed(self) -> None:
        """Wait until Kafka has confirmed the receipts of all instances."""
        owed: Any = self.mongo[self.settings.mongo_database]["owed_receipts"]

        async def none_owed() -> bool:
            return await owed.find_one({"run": {"$exists": True}}) is None

        await eventually(none_owed)

    async def records(self, topic: str) -> list[Any]:
        """Return all records of a topic. For the main topic, begin at the offsets of `begins`."""
        consumer = AIOKafkaConsumer(
            topic, **self.settings.kafka_client_options(), auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            partitions = list(consumer.assignment())
            ends = await consumer.end_offsets(partitions)
            begins = self.begins if topic == self.settings.kafka_topic else {}
            for partition in partitions:
                consumer.seek(partition, begins.get(partition.partition, 0))
            records: list[Any] = []
            count = sum(ends.values()) - sum(begins.values())
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(records) < count:
                    batch = await consumer.getmany(timeout_ms=200)
                    records += [record for fetched in batch.values() for record in fetched]
        finally:
            # A fetch that has just received its answer swallows the cancellation by `stop`, which
            # then never returns. The time-out cancels the fetch a second time.
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await consumer.stop()
        return records

    def in_an_hour(self) -> datetime:
        """Return an expiry time that no test reaches."""
        return datetime.now(UTC) + timedelta(hours=1)
