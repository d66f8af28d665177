"""The environment of our programs in a test, with its own topic, group, database and ports."""

import os
from collections.abc import Iterator, Mapping
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from deploy.local.kafka import answers
from tests.services.parts import Services
from tests.services.tokens import SECRET
from tests.services.waiting import eventually


def program_env(services: Services, ports: Iterator[int]) -> dict[str, str]:
    """Return a new environment, without the settings of the shell."""
    name = f"test-{uuid4().hex[:12]}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "KAFKA_BOOTSTRAP_SERVERS": services.kafka_bootstrap,
        "KAFKA_TOPIC": name,
        "KAFKA_TOPIC_PARTITIONS": "3",
        "KAFKA_GROUP_ID": name,
        "KAFKA_SESSION_TIMEOUT_MS": "6000",  # the shortest that brokers allow
        "MONGO_URL": services.mongo_url,
        "MONGO_DATABASE": name,
        "AUTH_JWT_SECRET": SECRET,
        "PRODUCER_API_PORT": str(next(ports)),
        "DELIVERY_PORT": str(next(ports)),
    }


async def discard(env: Mapping[str, str]) -> None:
    """Delete the topics and the database of this environment."""
    # A Kafka that a test has resumed may need time before it answers.
    port = int(env["KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2])
    await eventually(lambda: answers(port))
    admin = AIOKafkaAdminClient(bootstrap_servers=env["KAFKA_BOOTSTRAP_SERVERS"])
    await admin.start()
    try:
        topics = [name for name in await admin.list_topics() if name.startswith(env["KAFKA_TOPIC"])]
        await admin.delete_topics(topics)
    finally:
        await admin.close()
    async with AsyncMongoClient[dict[str, object]](env["MONGO_URL"]) as mongo:
        await mongo.drop_database(env["MONGO_DATABASE"])
