"""WebSocket frames: what RFC 6455 allows is served, and what it forbids ends the connection."""

import pytest

from tests.integration.delivery.conformance.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    fragments,
    frame,
    length_field,
)
from tests.integration.delivery.conformance.wire import echo_packet, echoes, entered
from tests.services.program import Program

_LARGEST = 64 * 1024
_PROTOCOL_ERROR, _TOO_LARGE = 1002, 1009


_ECHO = echo_packet().encode()


@pytest.mark.parametrize(
    "parts",
    [
        fragments(_ECHO),
        fragments(_ECHO, 1),
        fragments(_ECHO, 2),
        fragments(_ECHO, 9),
        fragments(_ECHO, *range(1, len(_ECHO))),
        fragments(_ECHO, 0, 0, 5, 5, len(_ECHO)),
        fragments(_ECHO + b" " * 3_000, *range(1, 3_000)),
    ],
    ids=["whole", "after-1", "after-2", "two", "bytes", "empty-ones", "3000"],
)
async def test_fragments_of_a_packet_are_joined(
    instance: Program, user: str, parts: list[bytes]
) -> None:
    async with entered(instance.url, user) as socket:
        for part in parts:
            await socket.send(part)
        await echoes(socket, sent=True)
        await socket.send(*parts)
        await echoes(socket, sent=True)
        await echoes(socket)


async def test_control_frames_between_fragments_are_answered_at_once(
    instance: Program, user: str
) -> None:
    first, second, third = fragments(_ECHO, 1, 9)
    async with entered(instance.url, user) as socket:
        await socket.send(first, frame(PING, b"one"))
        assert await socket.frame() == Frame(PONG, b"one")
        await socket.send(second, frame(PONG, b"unasked"), frame(PING), third)
        assert await socket.frame() == Frame(PONG, b"")
        await echoes(socket, sent=True)


async def test_frames_may_arrive_in_any_pieces(instance: Program, user: str) -> None:
    stream = frame(PING, b"x" * 125) + b"".join(fragments(_ECHO, 3)) + frame(TEXT, _ECHO)
    async with entered(instance.url, user) as socket:
        for pieces in (len(stream), 3, 1):
            step = len(stream) // pieces
            for start in range(0, len(stream), step):
                await socket.send(stream[start : start + step])
            assert await socket.frame() == Frame(PONG, b"x" * 125)
            await echoes(socket, sent=True)
            await echoes(socket, sent=True)


async def test_a_packet_of_64_kib_is_served(instance: Program, user: str) -> None:
    largest = _ECHO.ljust(_LARGEST)
    async with entered(instance.url, user) as socket:
        for parts in ([frame(TEXT, largest)], fragments(largest, 1, 40_000)):
            await socket.send(*parts)
            await echoes(socket, sent=True)


@pytest.mark.parametrize(
    "parts",
    [
        [frame(TEXT, _ECHO.ljust(_LARGEST + 1))],
        [b"\x81" + length_field(_LARGEST + 1) + b"\0\0\0\0"],
        [b"\x81" + length_field(2**40) + b"\0\0\0\0"],
        [b"\x82" + length_field(2**62) + b"\0\0\0\0"],
        fragments(_ECHO.ljust(_LARGEST + 1), 40_000),
        [frame(TEXT, b"4", fin=False), *[frame(CONTINUATION, b"4" * 1_000, fin=False)] * 66],
    ],
    ids=["text", "head", "2**40", "2**62", "sum", "many"],
)
async def test_a_packet_over_64_kib_ends_the_connection(
    instance: Program, user: str, parts: list[bytes]
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(*parts)
        assert (await socket.ended()).code == _TOO_LARGE


@pytest.mark.parametrize(
    "parts",
    [
        [frame(CONTINUATION, _ECHO)],
        [frame(CONTINUATION, _ECHO, fin=False)],
        [frame(TEXT, _ECHO[:5], fin=False), frame(TEXT, _ECHO[5:])],
        [frame(TEXT, _ECHO[:5], fin=False), frame(BINARY, _ECHO[5:])],
        [*fragments(_ECHO, 5), frame(CONTINUATION, b"more")],
        [frame(TEXT, _ECHO, masked=False)],
        [frame(PING, masked=False)],
        [frame(PING, b"x" * 126)],
        [frame(PONG, b"x" * 126)],
        [frame(CLOSE, b"\x03\xe8" + b"x" * 124)],
        [frame(PING, b"x", fin=False)],
        [frame(PONG, b"x", fin=False)],
        [frame(CLOSE, fin=False)],
        *[[frame(TEXT, _ECHO, reserved=bits)] for bits in (1, 2, 4, 7)],
        [frame(TEXT, _ECHO[:5], fin=False), frame(CONTINUATION, _ECHO[5:], reserved=4)],
        [frame(PING, b"x", reserved=4)],
        *[[frame(opcode, _ECHO)] for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
        [frame(TEXT, _ECHO[:5], fin=False), frame(3, _ECHO[5:])],
    ],
)
async def test_a_frame_that_breaks_the_protocol_ends_the_connection(
    instance: Program, user: str, parts: list[bytes]
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(*parts)
        assert (await socket.ended()).code == _PROTOCOL_ERROR


async def test_a_length_of_more_than_63_bits_ends_the_connection(
    instance: Program, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(b"\x81" + length_field(2**63) + b"\0\0\0\0")
        # Both codes are right: the length breaks the protocol, and is too large.
        assert (await socket.ended()).code in (_PROTOCOL_ERROR, _TOO_LARGE)


async def test_a_character_may_be_split_over_fragments(instance: Program, user: str) -> None:
    packet = '427["auth",{"ñ€🎁":"é"}]'.encode()
    async with entered(instance.url, user) as socket:
        for end in range(1, len(packet)):
            await socket.send(*fragments(packet, end))
            await echoes(socket, sent=True)
