"""Clients that send too much are ended and get the reason. They delay no other client."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.integration.delivery.conformance.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    RawWebSocket,
    frame,
)
from tests.integration.delivery.conformance.server_side import metric, resident_bytes
from tests.integration.delivery.conformance.wire import (
    connect_packet,
    echoes,
    entered,
    pushed,
    text,
)
from tests.services.program import Program
from tests.services.waiting import PATIENCE_SECONDS
from tests.services.world import World

_FRAMES = 10_000
#: A client may send this many frames at once.
_ALLOWED = 300
#: Far less than the flood would take if each of its frames were kept as an object.
_MAX_GROWTH_BYTES = 8 * 1024 * 1024
#: How long a shopper may wait behind a flood, on a busy machine.
_MAX_WAIT_SECONDS = 5.0
_ENDED = '42["ended",{"reason":"too_many_packets","message":'
_POLICY_VIOLATION = 1008

_PING = frame(PING, b"x" * 125)
_UNKNOWN_ACK = frame(TEXT, b"43999999[]")
_PONG = frame(TEXT, b"3")
_UNKNOWN_EVENT = frame(TEXT, b'42["hello",{"how":"are you"}]')
_PONG_FRAME = frame(PONG)


@pytest.mark.parametrize(
    "flood",
    [_PING, _PONG_FRAME, _UNKNOWN_ACK, _PONG, _UNKNOWN_EVENT],
    ids=["ping", "pong-frame", "ack", "pong", "event"],
)
async def test_a_flood_of_small_frames_delays_no_other_shopper_and_is_ended(
    instance: Program, shared_world: World, user: str, flood: bytes
) -> None:
    async with _flooders(instance, user) as flooders, entered(instance.url, user) as shopper:
        before = resident_bytes(instance)
        for flooder in flooders:
            await flooder.send(flood * _ALLOWED)
            await flooder.send(text('42123["auth"]'))
            # A server may answer only the latest of several pings.
            assert (await _pongs_before_the_echo(flooder) > 0) == (flood is _PING)
        floods = [_sent(flooder, flood * _FRAMES) for flooder in flooders]
        served = asyncio.create_task(_served_while(shopper, shared_world, user))
        for frames in await asyncio.gather(*floods):
            _check_reason(frames)
        assert await served < _MAX_WAIT_SECONDS
        assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES
        await echoes(shopper)


async def test_a_client_that_keeps_connecting_and_leaving_in_one_session_is_ended(
    instance: Program, user: str
) -> None:
    ended = await metric(instance, 'delivery_disconnects_total{fault="too_many_packets"}')
    churn = text(connect_packet(user)) + text("41")
    async with entered(instance.url, user) as churner:
        await churner.send(text("41"))
        frames = await _sent(churner, churn * 200)
        _check_reason(frames)
        assert sum(each.payload.startswith(b"40") for each in frames) < 25
    name = 'delivery_disconnects_total{fault="too_many_packets"}'
    assert await metric(instance, name) == ended + 1


@pytest.mark.parametrize(
    "flood",
    [
        [frame(TEXT, b"4", fin=False), *[frame(CONTINUATION, b"", fin=False)] * 5 * _FRAMES],
        [frame(TEXT, b'42["' + b"x" * 60_000 + b'"]')] * 100,
        [frame(BINARY, b"x"), *[frame(PONG, b"y" * 100)] * _FRAMES],
    ],
    ids=["fragments", "bytes", "pongs"],
)
async def test_a_client_that_sends_endless_fragments_bytes_or_pongs_is_ended(
    instance: Program, user: str, flood: list[bytes]
) -> None:
    async with entered(instance.url, user) as flooder:
        frames = await _sent(flooder, b"".join(flood))
        assert [each.opcode for each in frames][-1] == CLOSE


@asynccontextmanager
async def _flooders(instance: Program, user: str) -> AsyncIterator[list[RawWebSocket]]:
    async with (
        entered(instance.url, f"{user}-a") as first,
        entered(instance.url, f"{user}-b") as second,
        entered(instance.url, f"{user}-c") as third,
    ):
        yield [first, second, third]


async def _sent(socket: RawWebSocket, flood: bytes) -> list[Frame]:
    """Send these bytes, and return what the server sent until it closed the connection."""
    sending = asyncio.create_task(socket.send(flood))
    frames: list[Frame] = []
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                frames.append(await socket.frame())
    except (asyncio.IncompleteReadError, ConnectionError):
        await asyncio.gather(sending, return_exceptions=True)
        return frames


def _check_reason(frames: list[Frame]) -> None:
    *_, event, disconnect, close = [each for each in frames if each.opcode != PONG]
    assert event.payload.decode().startswith(_ENDED)
    assert json.loads(event.payload[2:])[1]["message"]
    assert disconnect == Frame(TEXT, b"41")
    assert close.opcode == CLOSE
    assert int.from_bytes(close.payload[:2]) == _POLICY_VIOLATION


async def _pongs_before_the_echo(socket: RawWebSocket) -> int:
    """Count the pongs up to the ack of the client's `auth` event."""
    pongs = 0
    while True:
        received = await socket.frame()
        if received.payload.startswith(b"43123["):
            return pongs
        pongs += received.opcode == PONG


async def _served_while(socket: RawWebSocket, world: World, user: str) -> float:
    """Serve the shopper a few times, and return the longest wait."""
    return max([await _seconds(lambda: _served(socket, world, user)) for _ in range(3)])


async def _served(socket: RawWebSocket, world: World, user: str) -> None:
    created = await world.create(user)
    number, items = await pushed(socket)
    assert [item["id"] for item in items] == created
    await socket.send(text(f"43{number}[]"))
    await world.all_delivered(created)
    await echoes(socket)


async def _seconds(act: Callable[[], Awaitable[None]]) -> float:
    began = time.monotonic()
    await act()
    return time.monotonic() - began
