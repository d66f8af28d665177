"""Every way in which a program proves who it is, tried on real Kafkas and mongods."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
import pytest_asyncio

from deploy.local.ports import HOST
from tests.cluster.cluster import Cluster
from tests.cluster.shop import SHARED
from tests.services.http import http_client
from tests.services.program import ForkedProgram, running
from tests.services.shopper import Shopper, connected
from tests.services.tokens import service_token

_NAMES = {"KAFKA_TOPIC": "secured", "KAFKA_GROUP_ID": "secured", "MONGO_DATABASE": "secured"}
_TOKEN_SECONDS = 3.0


class Ways(NamedTuple):
    """The settings with which one program reaches Kafka and MongoDB."""

    kafka: Mapping[str, str]
    mongo: Mapping[str, str]


def _plain(cluster: Cluster, program: str) -> Ways:
    return Ways(cluster.scram(program, "PLAIN"), cluster.mongo(program))


def _scram_256(cluster: Cluster, program: str) -> Ways:
    return Ways(cluster.scram(program, "SCRAM-SHA-256"), cluster.mongo(program))


def _certificates(cluster: Cluster, program: str) -> Ways:
    kafka = {**cluster.certificate(program), "KAFKA_BOOTSTRAP_SERVERS": cluster.brokers.outside}
    return Ways(kafka, cluster.mongo_certificate(program))


def _tokens(cluster: Cluster, program: str) -> Ways:
    return Ways(cluster.token(program, _TOKEN_SECONDS), cluster.mongo(program))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def allowed(cluster: Cluster) -> Cluster:
    """The cluster, which allows what the documentation says."""
    await cluster.prepare({**SHARED, **_NAMES})
    return cluster


@pytest.mark.parametrize("way", [_plain, _scram_256, _certificates, _tokens])
async def test_a_notification_travels_in_every_way_of_authentication(
    way: object, allowed: Cluster, ports: Iterator[int]
) -> None:
    api, delivery = (
        _program("producer_api", "producer-api", way, allowed, ports),
        _program("delivery", "delivery", way, allowed, ports),
    )
    user = getattr(way, "__name__", "")
    shopper = Shopper(user, delivery.url)
    async with running(api, delivery), connected(shopper):
        await _create(api.url, user)
        await shopper.has(1)
        if way is _tokens:
            await asyncio.sleep(_TOKEN_SECONDS + 1)
            await _create(api.url, user)
            await shopper.has(2)


async def _create(url: str, user: str) -> None:
    body = {"user_id": user, "type": "order.shipped", "title": "Pedido despachado"}
    token = {"Authorization": f"Bearer {service_token()}"}
    async with http_client(url, headers=token) as client:
        answer = await client.post("/v1/notifications", json=body)
        assert answer.status_code == 201, answer.text


def _program(
    module: str, user: str, way: object, cluster: Cluster, ports: Iterator[int]
) -> ForkedProgram:
    ways = way(cluster, user)
    port = next(ports)
    env = {
        **SHARED,
        **_NAMES,
        **ways.kafka,
        **ways.mongo,
        "PRODUCER_API_PORT": str(port),
        "DELIVERY_PORT": str(port),
    }
    return ForkedProgram(module, f"http://{HOST}:{port}", env)
