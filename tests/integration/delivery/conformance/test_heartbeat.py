"""The heartbeat: the server pings, and ends a connection whose client does not answer in time."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.faults.proxy import Proxy
from tests.integration.delivery.conformance.impatient import (
    PING_INTERVAL_SECONDS,
    PING_TIMEOUT_SECONDS,
)
from tests.integration.delivery.conformance.raw_websocket import TEXT, Frame, RawWebSocket
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echoes, engine, entered, text
from tests.services.program import Program
from tests.services.waiting import eventually

#: How long after its time-out a connection may end. The server may check only once per time-out,
#: and the close takes some time.
_LATER_SECONDS = PING_TIMEOUT_SECONDS + 15


async def test_the_server_pings_and_an_answer_keeps_the_connection(
    impatient: Program, user: str
) -> None:
    async with engine(impatient.url) as unconnected, entered(impatient.url, user) as connected:
        await asyncio.gather(_answers(unconnected, 2), _answers(connected, 3))
        await echoes(connected)


async def test_connections_that_do_not_answer_a_ping_end(
    impatient: Program, user: str, ports: Iterator[int]
) -> None:
    # One client reads and is silent. One still sends other packets. One has vanished: its
    # network carries nothing any more, not even the end of the TCP connection.
    proxy = Proxy(next(ports), urlsplit(impatient.url).port or 0)

    async def vanished_is_gone() -> bool:
        return await metric(impatient, "delivery_connections") == 0

    async with (
        proxy.running(),
        entered(impatient.url, user) as silent,
        entered(impatient.url, user) as busy,
        entered(proxy.url, user),
    ):
        with proxy.there.blackholed(), proxy.back.blackholed():
            chatting = asyncio.create_task(_chat(busy))
            ends = await asyncio.gather(_end_seconds(silent), _end_seconds(busy))
            await eventually(vanished_is_gone, within=_LATER_SECONDS)
            chatting.cancel()
    for seconds in ends:
        assert PING_TIMEOUT_SECONDS < seconds < PING_TIMEOUT_SECONDS + _LATER_SECONDS


async def _answers(socket: RawWebSocket, pings: int) -> None:
    began = time.monotonic()
    for _ in range(pings):
        assert await socket.frame() == Frame(TEXT, b"2")
        await socket.send(text("3"))
    assert time.monotonic() - began >= pings * PING_INTERVAL_SECONDS - 0.1


async def _end_seconds(socket: RawWebSocket) -> float:
    began = time.monotonic()
    await socket.ended()
    return time.monotonic() - began


async def _chat(socket: RawWebSocket) -> None:
    for number in itertools.count():
        await socket.send(text("42" + json.dumps(["hello", number])))
        await asyncio.sleep(0.1)
