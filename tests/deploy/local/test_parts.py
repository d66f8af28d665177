"""Kafka and MongoDB keep written data when they are stopped, and when they are killed."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient

from deploy.local.kafka import CLASSES_LOADED, java
from deploy.local.process import Process
from tests.services.parts import Part, Services

pytestmark = pytest.mark.restarts_parts

End = Callable[[Part], Awaitable[None]]


async def _stop(part: Part) -> None:
    await part.stop()


async def _kill(part: Part) -> None:
    await part.kill()


@pytest.mark.parametrize("end", [_stop, _kill])
async def test_mongod_keeps_majority_writes(services: Services, end: End) -> None:
    with MongoClient[dict[str, Any]](services.mongo_url, w="majority") as client:
        collection = client["test-parts"].get_collection(end.__name__)
        collection.insert_one({"_id": 1})
        await end(services.mongo)
        await services.mongo.start()
        assert collection.find_one({}) == {"_id": 1}
        client.drop_database("test-parts")


@pytest.mark.parametrize("end", [_stop, _kill])
async def test_kafka_keeps_its_topics_and_records(services: Services, end: End) -> None:
    topic = f"test-parts-{end.__name__}"
    admin = AIOKafkaAdminClient(bootstrap_servers=services.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    assert await _append(services, topic) == 0
    await end(services.kafka)
    await services.kafka.start()
    assert await _append(services, topic) == 1


async def test_the_cached_classes_fit_this_jvm_and_these_jars() -> None:
    tool = java(CLASSES_LOADED, "kafka.tools.StorageTool", "random-uuid")
    process = Process("kafka's storage tool", [tool[0], "-XX:AOTMode=on", *tool[1:]])
    await process.start()
    assert await process.wait() == 0, "the cache does not fit, so Kafka starts slowly"


async def _append(services: Services, topic: str) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=services.kafka_bootstrap)
    async with producer:
        return int((await producer.send_and_wait(topic, b"record")).offset)
