"""Upgrades of a polling session to a WebSocket, as socket.io-client does by default."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.integration.delivery.conformance.node_shopper import NodeShopper
from tests.integration.delivery.conformance.polling import Poller
from tests.integration.delivery.conformance.raw_websocket import (
    BINARY,
    CONTINUATION,
    SHOPPERS_TARGET,
    TEXT,
    RawWebSocket,
    frame,
    request,
)
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echo_packet, echoes, pushed, text
from tests.services.program import Program
from tests.services.waiting import eventually
from tests.services.world import World


async def test_a_session_is_upgraded_after_a_probe(
    instance: Program, shared_world: World, user: str
) -> None:
    async with (
        Poller.entered(instance.url, user) as poller,
        RawWebSocket.opened(instance.url, _target(poller)) as socket,
    ):
        poll = asyncio.create_task(poller.get())
        await socket.send(text("2probe"))
        assert await socket.packet() == "3probe"
        assert (await poll).text == "6", "the poll must end with an empty packet"
        await socket.send(text("5"))
        await echoes(socket)
        created = await shared_world.create(user)
        number, items = await pushed(socket)
        assert [item["id"] for item in items] == created
        await socket.send(text(f"43{number}[]"))
        await shared_world.all_delivered(created)
        await _nothing_else_reaches(poller, instance)
        await echoes(socket)


async def test_a_push_during_the_upgrade_is_not_lost(
    instance: Program, shared_world: World, user: str
) -> None:
    async with (
        Poller.entered(instance.url, user) as poller,
        RawWebSocket.opened(instance.url, _target(poller)) as socket,
    ):
        await socket.send(text("2probe"))
        assert await socket.packet() == "3probe"
        created = await shared_world.create(user)
        assert (await poller.get()).text.split("\x1e")[0] == "6"
        await socket.send(text("5"))
        number, items = await pushed(socket)
        assert [item["id"] for item in items] == created
        await socket.send(text(f"43{number}[]"))
        await shared_world.all_delivered(created)


@pytest.mark.parametrize("probe", ["3probe", "2", "5", "4", "2probe!"])
async def test_a_session_keeps_polling_after_a_wrong_probe(
    instance: Program, user: str, probe: str
) -> None:
    async with Poller.entered(instance.url, user) as poller:
        async with RawWebSocket.opened(instance.url, _target(poller)) as socket:
            await socket.send(text(probe))
            assert (await socket.ended()).frames == []
        await poller.sends(echo_packet())
        assert (await poller.packet()).startswith("437[")


@pytest.mark.parametrize("vanishes", [True, False])
async def test_a_session_keeps_polling_after_half_an_upgrade(
    impatient: Program, user: str, *, vanishes: bool
) -> None:
    async with Poller.entered(impatient.url, user) as poller:
        async with RawWebSocket.opened(impatient.url, _target(poller)) as socket:
            await socket.send(text("2probe"))
            assert await socket.packet() == "3probe"
            if not vanishes:
                # Do not finish the upgrade, like a client behind a proxy that loses the server's
                # packets. The server then ends the WebSocket.
                assert (await socket.ended()).frames == []
        await poller.sends(echo_packet())
        assert (await poller.packet()).startswith("437[")


@pytest.mark.parametrize(
    "sent",
    [
        text("zz"),
        text(""),
        text("2"),
        text("5"),
        text("6"),
        text("9"),
        text("b####"),
        text("4" + "[" * 60_000),
        frame(BINARY, b"\x04"),
        frame(TEXT, b"4\xff"),
        frame(CONTINUATION, b"4"),
        text("4".ljust(70_000)),
    ],
)
async def test_what_no_client_sends_ends_an_upgraded_session(
    instance: Program, user: str, sent: bytes
) -> None:
    async with _upgraded(instance, user) as socket:
        await socket.send(sent)
        assert (await socket.ended()).frames == []


async def test_a_malformed_packet_is_harmless_to_an_upgraded_session(
    instance: Program, user: str
) -> None:
    async with _upgraded(instance, user) as socket:
        for packet in ("42{}", "43[", "47", "42abc[]", "43999[]", "3", "3"):
            await socket.send(text(packet))
        await echoes(socket)


async def test_node_polls_first_and_upgrades(
    instance: Program, shared_world: World, user: str
) -> None:
    # Without our options, socket.io-client tries the transports in this order.
    transports = ["polling", "websocket"]
    async with NodeShopper.running(user, instance.url, transports=transports) as node:
        happened = {await node.happens("connect", "upgrade") for _ in range(2)}
        assert "websocket" in happened
        created = await shared_world.create(user)
        assert await node.happens("notifications") == created
        await shared_world.all_delivered(created)


async def test_node_polls_where_websockets_are_blocked(
    instance: Program, shared_world: World, user: str
) -> None:
    async with NodeShopper.running(user, instance.url, transports=["polling"]) as node:
        assert await node.happens("connect") == "polling"
        received: list[str] = []
        created = await shared_world.create(user, count=3)
        while len(received) < 3:
            received += await node.happens("notifications")
        assert received == created
        await shared_world.all_delivered(created)
        await shared_world.erase(user)
        assert (await node.happens("inbox"))["erased"] is True
        await node.tell("disconnect")
        assert await node.happens("disconnect") == "io client disconnect"
        # Next, the test kills the client. Wait for the disconnect: the instance would notice the
        # death of a connected client only at the next heartbeat.
        await eventually(lambda: _nobody_is_connected(instance))


@asynccontextmanager
async def _upgraded(instance: Program, user: str) -> AsyncIterator[RawWebSocket]:
    async with (
        Poller.entered(instance.url, user) as poller,
        RawWebSocket.opened(instance.url, _target(poller)) as socket,
    ):
        await socket.send(text("2probe"))
        assert await socket.packet() == "3probe"
        await socket.send(text("5"))
        await echoes(socket)
        yield socket


def _target(poller: Poller) -> str:
    return f"{SHOPPERS_TARGET}&sid={poller.sid}"


async def _nobody_is_connected(instance: Program) -> bool:
    return await metric(instance, "delivery_connections") == 0


async def _nothing_else_reaches(poller: Poller, instance: Program) -> None:
    """Check that neither a poll nor a second WebSocket can take over the session."""
    await poller.is_over()
    async with RawWebSocket.tcp(instance.url) as other:
        await other.send(request(_target(poller)))
        # uvicorn answers 403 when the application refuses a WebSocket, whatever the reason.
        assert await other.status() == 403
