"""The usual Socket.IO clients: socket.io-client in Node, and python-socketio.

The tests of socket.io-client in Chromium are in `tests/acceptance`. The tests of python-socketio's
client on one connection are in `tests/integration/delivery/test_delivery` and `test_tokens`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from math import ceil
from urllib.parse import urlsplit

import pytest_asyncio
import socketio

from tests.faults.proxy import Proxy
from tests.integration.delivery.conformance.impatient import (
    PING_INTERVAL_SECONDS,
    PING_TIMEOUT_SECONDS,
)
from tests.integration.delivery.conformance.node_shopper import NodeShopper
from tests.integration.delivery.conformance.server_side import metric
from tests.services.program import Program
from tests.services.tokens import shopper_token
from tests.services.waiting import PATIENCE_SECONDS, eventually
from tests.services.world import World


@pytest_asyncio.fixture
async def proxy(instance: Program, ports: Iterator[int]) -> AsyncIterator[Proxy]:
    """A proxy in front of the instance, which can cut connections."""
    made = Proxy(next(ports), urlsplit(instance.url).port or 0)
    async with made.running():
        yield made


async def test_node_connects_acknowledges_renews_its_token_and_disconnects(
    instance: Program, shared_world: World, user: str
) -> None:
    async with NodeShopper.running(user, instance.url) as node:
        assert await node.happens("connect") == "websocket"
        first = await shared_world.create(user, count=3)
        await _receives(node, shared_world, first)
        await shared_world.erase(user)
        assert (await node.happens("inbox"))["erased"] is True

        await node.tell("auth", {"token": shopper_token(user)})
        assert await node.happens("auth") == {"ok": True}
        await node.tell("auth", {"token": shopper_token(f"{user}-other")})
        assert await node.happens("auth") == {
            "ok": False,
            "error": "the token is another user's",
            "code": "other_user",
            "retryable": False,
        }

        await node.tell("disconnect")
        assert await node.happens("disconnect") == "io client disconnect"
        await eventually(lambda: _connections(instance, 0))
        await node.tell("connect")
        await node.happens("connect")
        await _receives(node, shared_world, await shared_world.create(user, title="¡Adiós! €🎁"))


async def test_node_learns_why_it_is_refused(instance: Program, user: str) -> None:
    for token, reason in (
        ("nonsense", "the token is not valid: Not enough segments"),
        (shopper_token(user, lifetime=-60), "the token has expired"),
        (None, "a token is needed: connect with auth {token}"),
    ):
        async with NodeShopper.running(user, instance.url, auth={"token": token}) as node:
            assert await node.happens("connect_error") == reason


async def test_node_answers_the_heartbeat(
    impatient: Program, impatient_world: World, user: str
) -> None:
    transports = (["websocket"], ["polling"])
    async with (
        NodeShopper.running(user, impatient.url, transports=transports[0]) as socket,
        NodeShopper.running(f"{user}-polls", impatient.url, transports=transports[1]) as polls,
    ):
        for node in (socket, polls):
            await node.happens("connect")
            for _ in range(ceil(PING_TIMEOUT_SECONDS / PING_INTERVAL_SECONDS) + 2):
                await node.happens("ping")
        await _receives(socket, impatient_world, await impatient_world.create(user))
        await _receives(polls, impatient_world, await impatient_world.create(f"{user}-polls"))
        for node in (socket, polls):
            await node.tell("disconnect")
        await eventually(lambda: _connections(impatient, 0))


async def test_node_connects_again_and_gets_what_it_missed(
    instance: Program, shared_world: World, user: str, proxy: Proxy
) -> None:
    async with NodeShopper.running(user, proxy.url) as node:
        await node.happens("connect")
        async with proxy.cut():
            assert await node.happens("disconnect") in ("transport close", "transport error")
            await eventually(lambda: _connections(instance, 0))
            missed = await shared_world.create(user)
        while await node.happens("connect", "connect_error") != "websocket":
            pass  # the proxy was still down
        await _receives(node, shared_world, missed)
        await _receives(node, shared_world, await shared_world.create(user))


async def test_python_connects_again_and_gets_what_it_missed(
    instance: Program, shared_world: World, user: str, proxy: Proxy
) -> None:
    client = socketio.AsyncClient(reconnection_delay=0.05, reconnection_delay_max=0.2)
    connected, disconnected = asyncio.Event(), asyncio.Event()
    received: asyncio.Queue[list[str]] = asyncio.Queue()
    client.on("connect", connected.set)
    client.on("disconnect", lambda _reason: disconnected.set())
    client.on("notifications", lambda items: received.put_nowait([each["id"] for each in items]))
    auth = {"token": shopper_token(user)}
    async with asyncio.timeout(PATIENCE_SECONDS):
        await client.connect(proxy.url, auth=auth, transports=["websocket"])
        await connected.wait()
        connected.clear()
        async with proxy.cut():
            await disconnected.wait()
            await eventually(lambda: _connections(instance, 0))
            missed = await shared_world.create(user)
        await connected.wait()
        assert await received.get() == missed
        await shared_world.all_delivered(missed)
        await client.disconnect()


async def _receives(node: NodeShopper, world: World, created: list[str]) -> None:
    """Check that the client gets exactly these notifications, and that its acks count."""
    received: list[str] = []
    while len(received) < len(created):
        received += await node.happens("notifications")
    assert received == created
    await world.all_delivered(created)


async def _connections(instance: Program, count: int) -> bool:
    return await metric(instance, "delivery_connections") == count
