"""The closing handshake of WebSockets, and connections that end without it."""

import asyncio

import pytest

from tests.integration.delivery.conformance.raw_websocket import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    End,
    Frame,
    RawWebSocket,
    frame,
    request,
)
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echo_packet, echoes, engine, entered, text
from tests.services.program import Program
from tests.services.waiting import eventually

_PROTOCOL_ERROR, _BAD_TEXT = 1002, 1007


def _code(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2) + reason


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b"", {1000, 1005}),
        *[(_code(code), {code}) for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011)],
        *[(_code(code), {code}) for code in (3000, 3999, 4000, 4999)],
        (_code(1000, "adiós".encode()), {1000}),
        (_code(1000, b"x" * 123), {1000}),
    ],
)
async def test_a_close_frame_is_answered_with_its_code(
    instance: Program, user: str, payload: bytes, answer: set[int]
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(frame(CLOSE, payload))
        end = await socket.ended()
        assert end.code in answer
        assert end.frames == []


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", _PROTOCOL_ERROR),
        *[
            (_code(code), _PROTOCOL_ERROR)
            for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
        ],
        (_code(1000, b"\xff"), _BAD_TEXT),
        (_code(1000, b"adi\xc3"), _BAD_TEXT),
    ],
)
async def test_a_close_frame_that_breaks_the_protocol_is_answered_with_an_error(
    instance: Program, user: str, payload: bytes, code: int
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(frame(CLOSE, payload))
        # RFC 6455 lets a server answer 1002, whatever is wrong with the close frame.
        assert (await socket.ended()).code in {code, _PROTOCOL_ERROR}


async def test_a_close_inside_a_fragmented_packet_ends_the_connection(
    instance: Program, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(frame(TEXT, b"42[", fin=False), frame(CLOSE, _code(1000)))
        # A close frame may come between fragments, but some servers treat the unfinished packet as
        # an error.
        assert await socket.ended() in (End(1000, []), End(_PROTOCOL_ERROR, []))


async def test_nothing_is_served_after_a_close(instance: Program, user: str) -> None:
    async with entered(instance.url, user) as socket:
        close = frame(CLOSE, _code(1000))
        await socket.send(close, text("zz"), frame(PING), text(echo_packet()), close)
        assert await socket.ended() == End(1000, [])


async def test_a_peer_that_vanishes_in_the_middle_of_a_frame_leaves_nothing_behind(
    instance: Program, user: str
) -> None:
    whole = text(echo_packet())
    for length in (1, 2, 5, 6, 10, len(whole) - 1):
        for ends_politely in (True, False):
            async with entered(instance.url, user) as socket:
                await socket.send(whole[:length])
                if ends_politely:
                    socket.writer.write_eof()
                    assert (await socket.ended()).frames == []

    async def all_are_gone() -> bool:
        return await metric(instance, "delivery_connections") == 0

    await eventually(all_are_gone)


async def test_a_peer_that_vanishes_in_the_middle_of_a_fragmented_packet_leaves_nothing_behind(
    instance: Program, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(frame(TEXT, b'42["auth', fin=False), frame(PING))
        socket.writer.write_eof()
        assert (await socket.ended()).frames == [Frame(PONG, b"")]


async def test_a_half_closed_connection_ends(instance: Program, user: str) -> None:
    # A client that has closed its sending side cannot acknowledge, so the server ends the
    # connection.
    async with (
        RawWebSocket.tcp(instance.url) as silent,
        engine(instance.url) as unconnected,
        entered(instance.url, user) as connected,
        asyncio.timeout(20),
    ):
        for socket in (silent, unconnected, connected):
            socket.writer.write_eof()
            assert (await socket.ended()).frames == []


async def test_a_peer_that_vanishes_during_the_handshake_leaves_nothing_behind(
    instance: Program, user: str
) -> None:
    for length in (1, 20, len(request()) - 2, len(request())):
        async with RawWebSocket.tcp(instance.url) as socket:
            await socket.send(request()[:length])
    async with entered(instance.url, user) as socket:
        await echoes(socket)
