"""Kafka and MongoDB as local processes on free ports, started as `make run` starts them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.kafka import Kafka
from deploy.local.mongo import Mongo
from tests.services.parts import Services


@asynccontextmanager
async def local_services(folder: Path, ports: Iterator[int]) -> AsyncIterator[Services]:
    """Run Kafka and MongoDB until the context ends.

    MongoDB looks for expired documents every second.
    """
    mongo = Mongo(folder / "mongo", next(ports), ttl_seconds=1)
    kafka = Kafka(folder / "kafka", next(ports), next(ports))
    try:
        async with asyncio.TaskGroup() as starting:
            starting.create_task(mongo.start())
            starting.create_task(kafka.start())
        yield Services(kafka, mongo, kafka.bootstrap, mongo.url)
    finally:
        await kafka.kill()
        await mongo.kill()
