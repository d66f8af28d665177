"""The two calls that every create needs, to MongoDB and to Kafka, without HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from producer_api.settings import Settings


@asynccontextmanager
async def _connected(env: Mapping[str, str]) -> AsyncIterator[tuple[Any, Any, str]]:
    """Connect to a collection without indexes, and to the topic, with the usual libraries."""
    settings = Settings.model_validate({name.lower(): value for name, value in env.items()})
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(settings.mongo_url)
    concern = WriteConcern("majority")
    inbox = client[settings.mongo_database].get_collection("bare", write_concern=concern)
    producer = AIOKafkaProducer(
        **settings.kafka_client_options(), enable_idempotence=True, acks="all"
    )
    await producer.start()
    try:
        yield inbox, producer, settings.kafka_topic
    finally:
        await producer.stop()
        client.close()


async def bare_creates(
    env: Mapping[str, str], notification: Mapping[str, Any], value: bytes, count: int = 300
) -> list[float]:
    """Return the milliseconds of each majority insert followed by a send."""
    times = []
    async with _connected(env) as (inbox, producer, topic):
        for _ in range(count):
            began = time.perf_counter()
            await inbox.insert_one({**notification, "_id": str(uuid4())})
            await producer.send_and_wait(topic, value, b"ana")
            times.append((time.perf_counter() - began) * 1000)
    return times


async def bare_batches(
    env: Mapping[str, str], notifications: Sequence[Mapping[str, Any]], count: int = 10
) -> list[float]:
    """Return the milliseconds of each majority insert of a batch, followed by its sends."""
    times = []
    records = [(orjson.dumps(each), each["user_id"].encode()) for each in notifications]
    async with _connected(env) as (inbox, producer, topic):
        for _ in range(count):
            began = time.perf_counter()
            await inbox.insert_many([{**each, "_id": str(uuid4())} for each in notifications])
            sent = [await producer.send(topic, value, key) for value, key in records]
            await asyncio.gather(*sent)
            times.append((time.perf_counter() - began) * 1000)
    return times
