"""The two calls that a create cannot do without, to MongoDB and to Kafka, without HTTP."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from producer_api.settings import Settings


async def bare_creates(
    env: Mapping[str, str], notification: Mapping[str, Any], value: bytes, count: int = 300
) -> list[float]:
    """Return times in milliseconds of a majority insert followed by a send."""
    settings = Settings.model_validate({name.lower(): value for name, value in env.items()})
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(settings.mongo_url)
    concern = WriteConcern("majority")
    inbox = client[settings.mongo_database].get_collection("bare", write_concern=concern)
    producer = AIOKafkaProducer(
        **settings.kafka_client_options(), enable_idempotence=True, acks="all"
    )
    await producer.start()
    times = []
    try:
        for _ in range(count):
            began = time.perf_counter()
            await inbox.insert_one({**notification, "_id": str(uuid4())})
            await producer.send_and_wait(settings.kafka_topic, value, b"ana")
            times.append((time.perf_counter() - began) * 1000)
    finally:
        await producer.stop()
        client.close()
    return times
