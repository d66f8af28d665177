"""Clients that send more than any client needs. Others are served meanwhile, in bounded memory."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.integration.delivery.conformance.raw_websocket import (
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    frame,
)
from tests.integration.delivery.conformance.server_side import resident_bytes
from tests.integration.delivery.conformance.wire import echoes, entered, pushed, text
from tests.services.program import Program
from tests.services.world import World

_FRAMES = 10_000
#: Far less than the flood would take if each of its frames were kept as an object.
_MAX_GROWTH_BYTES = 8 * 1024 * 1024
#: How long a shopper may wait behind a flood, on a busy machine.
_MAX_WAIT_SECONDS = 5.0

_PING = frame(PING, b"x" * 125)
_UNKNOWN_ACK = frame(TEXT, b"43999999[]")
_PONG = frame(TEXT, b"3")
_UNKNOWN_EVENT = frame(TEXT, b'42["hello",{"how":"are you"}]')


@pytest.mark.parametrize(
    "flood", [_PING, _UNKNOWN_ACK, _PONG, _UNKNOWN_EVENT], ids=["ping", "ack", "pong", "event"]
)
async def test_a_flood_of_small_frames_delays_no_other_shopper(
    instance: Program, shared_world: World, user: str, flood: bytes
) -> None:
    async with (
        entered(instance.url, f"{user}-flood") as flooder,
        entered(instance.url, user) as shopper,
    ):
        before = resident_bytes(instance)
        pongs = asyncio.create_task(_pongs_before_the_echo(flooder))
        sending = asyncio.create_task(flooder.send(flood * _FRAMES))
        while not pongs.done():
            assert await _seconds(lambda: _served(shopper, shared_world, user)) < _MAX_WAIT_SECONDS
            if sending.done():
                await flooder.send(text('42123["auth"]'))
        # A server may answer only the latest of several pings.
        assert (await pongs > 0) == (flood is _PING)
        assert await pongs <= _FRAMES
        assert resident_bytes(instance) - before < _MAX_GROWTH_BYTES


async def _pongs_before_the_echo(socket: RawWebSocket) -> int:
    """Count the pongs until the flood is over and its client is served again."""
    pongs = 0
    while True:
        received = await socket.frame()
        if received.payload.startswith(b"43123["):
            return pongs
        pongs += received.opcode == PONG


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
