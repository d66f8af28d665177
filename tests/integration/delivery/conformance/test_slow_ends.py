"""The server ends sessions that clients leave open or half closed. All cases run concurrently.

`tests/integration/delivery/test_websockets` tests the grace period at its full length.
"""

import asyncio
from contextlib import suppress

from tests.integration.delivery.conformance.impatient import CLOSE_SECONDS, GRACE_SECONDS
from tests.integration.delivery.conformance.polling import EndedError, Poller
from tests.integration.delivery.conformance.raw_websocket import (
    CLOSE,
    TEXT,
    Frame,
    RawWebSocket,
    frame,
)
from tests.integration.delivery.conformance.wire import engine, entered, text
from tests.services.program import Program

#: The time that a busy machine may add.
_MARGIN_SECONDS = 10
_PING = Frame(TEXT, b"2")


async def test_a_client_that_has_left_cannot_keep_its_session(
    impatient: Program, user: str
) -> None:
    async with (
        engine(impatient.url) as silent,
        engine(impatient.url) as closed,
        entered(impatient.url, user) as closed_later,
        entered(impatient.url, user) as disconnected,
        entered(impatient.url, user) as unanswered,
        Poller.opened(impatient.url) as polling,
        asyncio.timeout(GRACE_SECONDS + CLOSE_SECONDS + _MARGIN_SECONDS),
    ):
        await closed.send(text("1"))
        await closed_later.send(text("1"))
        await disconnected.send(text("41"))
        await unanswered.send(text("abc"))
        await asyncio.gather(
            *(_ends_in_silence(each) for each in (silent, closed, closed_later, disconnected)),
            _ends_although_its_close_is_unanswered(unanswered),
            _ends_although_it_polls(polling),
        )


async def _ends_in_silence(socket: RawWebSocket) -> None:
    """Answer pings until the server closes the WebSocket. It must send nothing else."""
    while (received := await socket.frame()) == _PING:
        await socket.send(text("3"))
    assert received.opcode == CLOSE
    # On a busy machine, the server may have closed the TCP connection without waiting any longer.
    with suppress(ConnectionError):
        await socket.send(frame(CLOSE, received.payload))
    assert (await socket.ended()).frames == []


async def _ends_although_its_close_is_unanswered(socket: RawWebSocket) -> None:
    assert (await socket.ended(answers=False)).frames == []


async def _ends_although_it_polls(poller: Poller) -> None:
    try:
        packet = await poller.packet()
    except EndedError:
        return
    raise AssertionError(packet)
