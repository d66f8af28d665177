"""WebSocket clients that do not follow the Socket.IO protocol."""

import asyncio
import json
import time
from contextlib import AsyncExitStack, suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from producer_api.contract.token_times import LEEWAY_SECONDS
from tests.services.program import Program, running
from tests.services.tokens import shopper_token
from tests.services.waiting import eventually
from tests.services.world import World

_GRACE_SECONDS = 10
_LIFETIME_SECONDS = 4


async def test_a_websocket_without_a_socketio_client_is_closed_after_the_grace_time(
    world: World, delivery: Program
) -> None:
    address = _address(delivery)
    async with running(delivery), AsyncExitStack() as stack:
        opened_at, sockets = [], []
        for _ in range(5):
            opened_at.append(time.monotonic())
            sockets.append(await stack.enter_async_context(connect(address)))
        good, silent, busy, refused, expired = sockets
        for socket in sockets:
            assert str(await socket.recv()).startswith("0{")
        await _enter(good, shopper_token("ana"))
        await refused.send('40{"token":"nonsense"}')
        assert str(await refused.recv()).startswith("44")
        token_sent_at = time.monotonic()
        await _enter(expired, shopper_token("berto", lifetime=_LIFETIME_SECONDS - LEEWAY_SECONDS))
        chatting = asyncio.create_task(_chat(busy))

        ends = await asyncio.gather(*map(_closed, (silent, busy, refused, expired)))
        for begin, end in zip(opened_at[1:], ends, strict=True):
            assert end - begin > _GRACE_SECONDS - 1
            assert end - token_sent_at < _GRACE_SECONDS + 10
        assert ends[-1] == max(ends), "the grace period must start when the token expires"
        await chatting
        assert await delivery.metric("delivery_connections") == 1
        await world.create("ana")
        while (packet := str(await good.recv())) == "2":  # a ping
            await good.send("3")
        assert "notifications" in packet, "a connected client must stay connected"


async def test_malformed_packets_are_counted_and_harmless(world: World, delivery: Program) -> None:
    berto = json.dumps({"token": shopper_token("berto")})
    malformed = [
        "42",
        "42{}",
        "42[[1]]",
        "47",
        '451-["auth",{"_placeholder":true,"num":5}]',
        "42" + "[" * 60_000,
        f'42["connect",{{}},{berto}]',
        '42["disconnect","bored"]',
    ]
    async with running(delivery), connect(_address(delivery)) as ana:
        await ana.recv()
        await _enter(ana, shopper_token("ana"))
        for packet in malformed:
            await ana.send(packet)
        await ana.send(f'427["auth",{json.dumps({"token": shopper_token("ana")})},"more"]')
        assert str(await ana.recv()) == '437[{"ok":true}]'
        assert await delivery.metric("delivery_malformed_packets_total") == len(malformed)
        assert await delivery.metric("delivery_connections") == 1
        await world.create("berto")
        await world.create("ana")
        assert json.loads(str(await ana.recv())[3:])[1][0]["user_id"] == "ana"
    assert [line for line in delivery.lines if "Traceback" in line] == []


async def test_a_frame_that_is_not_engineio_ends_the_connection(delivery: Program) -> None:
    async with running(delivery):
        for frame in ("zz", "", "4", "4" + "[" * 60_000, "b####", b"\x04"):
            async with connect(_address(delivery)) as ana:
                await ana.recv()
                await _enter(ana, shopper_token("ana"))
                await ana.send(frame)
                await _closed(ana)

        async def is_gone() -> bool:
            return await delivery.metric("delivery_connections") == 0

        await eventually(is_gone)
    assert [line for line in delivery.lines if "Traceback" in line] == []


def _address(delivery: Program) -> str:
    return delivery.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"


async def _enter(socket: ClientConnection, token: str) -> None:
    await socket.send("40" + json.dumps({"token": token}))
    assert str(await socket.recv()).startswith("40")


async def _closed(socket: ClientConnection) -> float:
    """Read until the server closes the WebSocket. Return the time of the close."""
    async with asyncio.timeout(40):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return time.monotonic()


async def _chat(socket: ClientConnection) -> None:
    """Send packets other than a connect until the server closes the WebSocket."""
    with suppress(ConnectionClosed):
        while True:
            await socket.send('42["hello"]')
            await asyncio.sleep(0.01)
