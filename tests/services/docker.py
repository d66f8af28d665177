"""Kafka and MongoDB as containers (TEST_SERVICES=docker), started by testcontainers.

The tests choose the host's ports, because a part that is started again must have the same address.
Docker would choose random ports at each start.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.community.kafka import KafkaContainer
from testcontainers.community.mongodb import MongoDbContainer
from testcontainers.core.container import DockerContainer

from deploy.local.kafka import answers
from deploy.local.mongo import REPLICA_SET, is_primary
from deploy.local.ports import HOST
from tests.services.parts import Services

_KAFKA_IMAGE = "confluentinc/cp-kafka:7.9.0"
_MONGO_IMAGE = "mongo:6.0"
_READY_SECONDS = 60.0


class _OpenMongo(MongoDbContainer):
    """A MongoDB without a root user. With a root user, the image would need a key file."""

    def _configure(self) -> None:
        pass


class _ContainerPart:
    """A created container, as a part that tests can stop and start."""

    def __init__(self, container: DockerContainer, ready: Callable[[], Awaitable[bool]]) -> None:
        self._container = container
        self._ready = ready

    async def start(self) -> None:
        await asyncio.to_thread(self._container.get_wrapped_container().start)
        await self.until_ready()

    async def stop(self) -> None:
        await asyncio.to_thread(self._container.get_wrapped_container().stop)

    async def kill(self) -> None:
        await asyncio.to_thread(self._container.get_wrapped_container().kill)

    def suspend(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        self._container.get_wrapped_container().unpause()

    async def until_ready(self) -> None:
        async with asyncio.timeout(_READY_SECONDS):
            while not await self._ready():  # noqa: ASYNC110 - the container cannot set an event
                await asyncio.sleep(0.1)


@asynccontextmanager
async def docker_services(ports: Iterator[int]) -> AsyncIterator[Services]:
    """Run Kafka and MongoDB as containers until the context ends.

    MongoDB looks for expired documents every second.
    """
    kafka_port, mongo_port = next(ports), next(ports)
    try:
        containers = [_kafka(kafka_port), _mongo(mongo_port)]
    except DockerException as error:
        pytest.exit(
            f"TEST_SERVICES=docker is set, but the Docker engine does not answer: {error}", 3
        )
    kafka = _ContainerPart(containers[0], lambda: answers(kafka_port))
    mongo = _ContainerPart(containers[1], lambda: is_primary(mongo_port))
    try:
        for container in containers:
            await asyncio.to_thread(container.start)
        await mongo.until_ready()
        await kafka.until_ready()
        url = f"mongodb://{HOST}:{mongo_port}/?replicaSet={REPLICA_SET}"
        yield Services(kafka, mongo, f"{HOST}:{kafka_port}", url)
    finally:
        for container in containers:
            await asyncio.to_thread(container.stop)


def _kafka(port: int) -> DockerContainer:
    container = KafkaContainer(_KAFKA_IMAGE).with_kraft()
    _bind(container, 9093, port)
    return container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")


def _mongo(port: int) -> DockerContainer:
    # The port is the same inside and outside the container, because the server itself and the
    # clients all connect to the address in the replica set's configuration.
    container = _OpenMongo(_MONGO_IMAGE, port=port)
    _bind(container, port, port)
    return container.with_command(
        f"--replSet {REPLICA_SET} --bind_ip_all --port {port} --setParameter ttlMonitorSleepSecs=1"
    )


def _bind(container: DockerContainer, inside: int, outside: int) -> None:
    # `with_bind_ports` accepts no host address, so it would open the port to the network.
    container.ports[str(inside)] = (HOST, outside)  # type: ignore[assignment]
