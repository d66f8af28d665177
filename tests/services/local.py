"""Kafka and MongoDB as local processes on free ports, started as `make run` starts them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.local.kafka import Kafka
from deploy.local.mongo import Mongo
from tests.services.parts import Services


class Place(NamedTuple):
    """Where a Kafka and a MongoDB run: the folder of their data, and their ports."""

    folder: str
    mongo: int
    kafka: int
    controller: int


def parts_at(place: Place) -> Services:
    """Return the parts, not started. MongoDB looks for expired documents every second."""
    folder = Path(place.folder)
    mongo = Mongo(folder / "mongo", place.mongo, ttl_seconds=1)
    kafka = Kafka(folder / "kafka", place.kafka, place.controller)
    return Services(kafka, mongo, kafka.bootstrap, mongo.url)


@asynccontextmanager
async def services_at(place: Place) -> AsyncIterator[Services]:
    """Run Kafka and MongoDB until the context ends."""
    services = parts_at(place)
    try:
        async with asyncio.TaskGroup() as starting:
            starting.create_task(services.mongo.start())
            starting.create_task(services.kafka.start())
        yield services
    finally:
        await services.kafka.kill()
        await services.mongo.kill()


def local_services(folder: Path, ports: Iterator[int]) -> AbstractAsyncContextManager[Services]:
    """Run Kafka and MongoDB on the next free ports."""
    return services_at(Place(str(folder), next(ports), next(ports), next(ports)))
