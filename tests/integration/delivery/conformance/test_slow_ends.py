"""Ends that a client does not complete, so that the server must. They wait side by side."""

import asyncio

from tests.integration.delivery.conformance.raw_websocket import RawWebSocket
from tests.integration.delivery.conformance.wire import engine, entered, text
from tests.services.program import Program

_GRACE_SECONDS = 10
_CLOSE_SECONDS = 10
#: What a busy machine may add.
_MARGIN_SECONDS = 10


async def test_a_client_that_has_left_cannot_keep_its_websocket(
    instance: Program, user: str
) -> None:
    async with (
        engine(instance.url) as silent,
        engine(instance.url) as closed,
        entered(instance.url, user) as closed_later,
        entered(instance.url, user) as disconnected,
        entered(instance.url, user) as unanswered,
        asyncio.timeout(_GRACE_SECONDS + _CLOSE_SECONDS + _MARGIN_SECONDS),
    ):
        await closed.send(text("1"))
        await closed_later.send(text("1"))
        await disconnected.send(text("41"))
        await unanswered.send(text("abc"))
        await asyncio.gather(
            *(_no_more_packets(each) for each in (silent, closed, closed_later, disconnected)),
            _ends_though_its_close_is_unanswered(unanswered),
        )


async def _no_more_packets(socket: RawWebSocket) -> None:
    """Check that the server closes the WebSocket and sends nothing else before."""
    end = await socket.ended()
    assert end.code in (None, 1000)
    assert end.frames == []


async def _ends_though_its_close_is_unanswered(socket: RawWebSocket) -> None:
    end = await socket.ended(answers=False)
    assert end.frames == []
