"""The environment of our programs in a test: topic, group, database and ports of its own."""

import os
from collections.abc import Iterator
from uuid import uuid4

from tests.services.parts import Services
from tests.services.tokens import SECRET


def program_env(services: Services, ports: Iterator[int]) -> dict[str, str]:
    """A new one each time; nothing of the shell's settings comes through."""
    name = f"test-{uuid4().hex[:12]}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "KAFKA_BOOTSTRAP_SERVERS": services.kafka_bootstrap,
        "KAFKA_TOPIC": name,
        "KAFKA_TOPIC_PARTITIONS": "3",
        "KAFKA_GROUP_ID": name,
        "KAFKA_SESSION_TIMEOUT_MS": "6000",  # the least that brokers allow
        "MONGO_URL": services.mongo_url,
        "MONGO_DATABASE": name,
        "AUTH_JWT_SECRET": SECRET,
        "PRODUCER_API_PORT": str(next(ports)),
        "DELIVERY_PORT": str(next(ports)),
    }
