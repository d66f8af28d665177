"""The HTTP request that opens a WebSocket: which variants are served, and which are refused."""

import asyncio
from asyncio import IncompleteReadError
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import pytest_asyncio

from tests.integration.delivery.conformance.raw_websocket import (
    ACCEPT,
    CONTINUATION,
    PING,
    SHOPPERS_TARGET,
    RawWebSocket,
    frame,
    request,
)
from tests.integration.delivery.conformance.wire import (
    connect_packet,
    echoes,
    enter,
    text,
)
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.waiting import eventually
from tests.services.world import World

_ALLOWED, _OTHER = "http://localhost:8080", "https://evil.example"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Connection": "keep-alive, Upgrade"},  # as Firefox sends it
        {"Connection": "keep-alive,upgrade"},
        {"Upgrade": "WebSocket"},
        {
            "Upgrade": None,
            "Connection": None,
            "uPGRADE": "WEBSOCKET",
            "CONNECTION": "UPGRADE",
            "Sec-WebSocket-Key": None,
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": None,
            "SEC-WEBSOCKET-VERSION": "13",
        },
        {"Origin": _ALLOWED},
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        {"Sec-WebSocket-Extensions": "x-unknown; a=b, x-other"},
        {"Cookie": "a=b; " * 500, "Accept-Language": "es", "Pragma": "no-cache"},
        {"X-Empty": "", "X-Latin": "\xe9"},
    ],
)
async def test_the_handshakes_of_clients_are_served(
    instance: Program, user: str, changes: dict[str, str | None]
) -> None:
    async with RawWebSocket.tcp(instance.url) as socket:
        await socket.send(request(changes=changes))
        assert await socket.status() == 101
        assert socket.headers["sec-websocket-accept"] == ACCEPT
        assert socket.headers["upgrade"].lower() == "websocket"
        assert socket.headers["connection"].lower() == "upgrade"
        assert "sec-websocket-extensions" not in socket.headers, "compression must be off"
        assert (await socket.packet()).startswith("0{")
        await enter(socket, user)
        await echoes(socket)


@pytest.mark.parametrize(
    ("changes", "statuses"),
    [
        ({"Sec-WebSocket-Key": None}, {400}),
        ({"Sec-WebSocket-Key": ""}, {400}),
        ({"Sec-WebSocket-Key": "c2hvcnQ="}, {400}),
        ({"Sec-WebSocket-Key": "no base64!"}, {400}),
        ({"Sec-WebSocket-Version": None}, {400, 426}),
        ({"Sec-WebSocket-Version": "8"}, {400, 426}),
        ({"Sec-WebSocket-Version": "x"}, {400, 426}),
        ({"Upgrade": None}, {400}),
        ({"Upgrade": "h2c"}, {400}),
        ({"Connection": None}, {400, 401}),
        ({"Connection": "close"}, {400, 401}),
        ({"Origin": _OTHER}, {400, 403}),
        ({"Origin": "null"}, {400, 403}),
        ({"Origin": f"{_ALLOWED}.evil.example"}, {400, 403}),
    ],
)
async def test_a_handshake_that_no_client_sends_is_refused(
    instance: Program, user: str, changes: dict[str, str | None], statuses: set[int]
) -> None:
    async with RawWebSocket.tcp(instance.url) as socket:
        await socket.send(request(changes=changes))
        assert await socket.status() in statuses
    async with RawWebSocket.opened(instance.url) as socket:
        assert (await socket.packet()).startswith("0{")
        await enter(socket, user)


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
async def test_a_handshake_with_another_method_is_refused(instance: Program, method: str) -> None:
    async with RawWebSocket.tcp(instance.url) as socket:
        await socket.send(request(method=method))
        assert 400 <= await socket.status() < 600


@pytest.mark.parametrize("path", ["/", "/readyz", "/socket", "/engine.io/", "/socket.iox"])
async def test_other_paths_have_no_websocket(instance: Program, path: str) -> None:
    async with RawWebSocket.tcp(instance.url) as socket:
        await socket.send(request(f"{path}?EIO=4&transport=websocket"))
        assert 400 <= await socket.status() < 500


async def test_the_path_may_lack_its_last_slash(instance: Program, user: str) -> None:
    target = SHOPPERS_TARGET.replace("/?", "?")
    async with RawWebSocket.opened(instance.url, target) as socket:
        assert (await socket.packet()).startswith("0{")
        await enter(socket, user)


async def test_frames_right_behind_the_handshake_are_served_or_dropped(
    instance: Program, user: str
) -> None:
    # A client must wait for the answer (RFC 6455, 4.1). uvicorn drops frames that arrive earlier.
    connect = text(connect_packet(user))
    for early in (connect, frame(PING, b"early") + connect, frame(CONTINUATION, b"x" * 100_000)):
        async with RawWebSocket.tcp(instance.url) as socket:
            await socket.send(request(), early)
            if await socket.status() == 400:
                continue
            with suppress(IncompleteReadError):  # ended because of the frame, which is invalid
                assert (await socket.packet()).startswith("0{")
                await socket.send(connect)
                assert (await socket.packet()).startswith('40{"sid":')
    async with RawWebSocket.opened(instance.url) as socket:
        assert (await socket.packet()).startswith("0{")
        await enter(socket, user)


async def test_a_handshake_may_arrive_in_pieces_and_after_another_request(
    instance: Program, user: str
) -> None:
    async with RawWebSocket.tcp(instance.url) as socket:
        await socket.send(b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\n\r\n")
        assert await socket.status() == 200
        await socket.reader.readexactly(int(socket.headers["content-length"]))
        for byte in request():
            await socket.send(bytes([byte]))
        assert await socket.status() == 101
        assert (await socket.packet()).startswith("0{")
        await enter(socket, user)
        await echoes(socket)


@pytest_asyncio.fixture
async def waiting(services: Services, ports: Iterator[int]) -> AsyncIterator[Program]:
    """An instance that cannot finish its start, because no broker answers."""
    env = program_env(services, ports)
    async with World.opened(env):
        pass
    env["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{next(ports)}"
    program = ForkedProgram("delivery", f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
    try:
        yield program
    finally:
        await program.stop()


async def test_a_starting_instance_answers_503(waiting: Program) -> None:
    await waiting.start_unready()

    async def listens() -> bool:
        try:
            async with RawWebSocket.tcp(waiting.url):
                return True
        except OSError:
            return False

    await eventually(listens)
    async with RawWebSocket.tcp(waiting.url) as socket:
        await socket.send(request())
        assert await socket.status() == 503
        assert socket.headers["retry-after"] == "1"


async def test_a_stopping_instance_answers_503(delivery: Program, world: World, user: str) -> None:
    async with running(delivery):
        async with RawWebSocket.opened(delivery.url) as socket:
            assert (await socket.packet()).startswith("0{")
            await enter(socket, user)
            await world.create(user)
            await socket.packet()
            # The instance waits for this client's ack before it stops.
            stopping = asyncio.create_task(delivery.stop())
            status = 101
            while status == 101:
                async with RawWebSocket.tcp(delivery.url) as late:
                    await late.send(request())
                    status = await late.status()
            assert status == 503
            await socket.send(text("431[]"))
            assert (await socket.ended()).frames == []
        await stopping
