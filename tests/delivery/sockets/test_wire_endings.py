"""How a WebSocket ends: by a close from either side, or because a peer breaks the protocol."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from delivery import metrics
from delivery.sockets import wire as wire_module
from tests.delivery.sockets.served import (
    BINARY,
    CLOSE,
    MAX_BYTES,
    PING,
    TEXT,
    Frame,
    frame,
    on_uvloop,
    until,
)
from tests.delivery.sockets.wire_rig import fill, wired

_CONTINUATION, _UNKNOWN = 0, 3
_MASKED = 0x80


def _code(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2, "big") + reason


@pytest.mark.parametrize(
    ("payload", "answer", "reported"),
    [(_code(1000, b"bye"), 1000, 1000), (_code(4000), 4000, 4000), (b"", 1000, 1005)],
)
def test_the_close_of_a_peer_is_answered_and_reported_once(
    payload: bytes, answer: int, reported: int, ports: Iterator[int]
) -> None:
    @on_uvloop
    async def scenario() -> None:
        async with wired(next(ports)) as (client, recorded):
            client.send(payload, CLOSE)
            client.send("too late")
            assert (await client.read()).code == answer
            with pytest.raises(asyncio.IncompleteReadError):
                await client.read()
            assert (recorded.codes, recorded.messages) == ([reported], [])
            recorded.wire.send(b"nobody is there")
            recorded.wire.close()
            recorded.wire.cut("again")
            assert recorded.codes == [reported]

    scenario()


@on_uvloop
async def test_our_close_waits_for_the_answer(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, recorded):
        recorded.wire.close(4001, "go")
        recorded.wire.send(b"not sent any more")
        assert await client.read() == Frame(CLOSE, _code(4001, b"go"))
        client.send("not handled any more")
        assert not recorded.codes
        client.send(_code(4001), CLOSE)
        await until(lambda: recorded.codes)
        assert (recorded.codes, recorded.messages) == ([4001], [])


@on_uvloop
async def test_an_answer_is_received_although_reading_was_paused(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, recorded):
        recorded.wire.pause_reading()
        client.send("waits")
        recorded.wire.close()
        assert (await client.read()).code == 1000
        client.send(_code(1000), CLOSE)
        await until(lambda: recorded.codes)
        assert (recorded.codes, recorded.messages) == ([1000], [])


@pytest.mark.parametrize("stalled", [False, True])
def test_a_peer_that_does_not_answer_a_close_is_cut(
    stalled: bool, ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "_CLOSE_SECONDS", 0.1)

    @on_uvloop
    async def scenario() -> None:
        async with wired(next(ports)) as (client, recorded):
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            if stalled:
                fill(recorded)
            recorded.wire.close()
            await until(lambda: recorded.codes)
            assert recorded.codes == [1006]

    scenario()


@on_uvloop
async def test_a_connection_that_ends_within_a_frame_is_reported_as_lost(
    ports: Iterator[int],
) -> None:
    async with wired(next(ports)) as (client, recorded):
        client.write(frame(TEXT, b"a whole message") + frame(TEXT, b"half of one")[:9])
        client.writer.write_eof()
        await until(lambda: recorded.codes)
        assert recorded.codes == [1006]
        assert recorded.messages == [(b"a whole message", True)]


HOSTILE = {
    "without a mask": (b"\x81\x01x", 1002),
    "unknown type": (frame(_UNKNOWN), 1002),
    "reserved bits": (frame(TEXT, b"x", bits=4) * 3, 1002),
    "reserved bits of a ping": (frame(PING, b"x", bits=1), 1002),
    "fragment of nothing": (frame(_CONTINUATION, b"x"), 1002),
    "message within a message": (frame(TEXT, fin=False) + frame(BINARY), 1002),
    "ping in fragments": (frame(PING, b"x", fin=False), 1002),
    "long ping": (frame(PING, b"x" * 126), 1002),
    "too long": (frame(TEXT, b"x" * (MAX_BYTES + 1)), 1009),
    "endless": (bytes((0x81, _MASKED | 127)) + b"\xff" * 8, 1002),
    "close code of one byte": (frame(CLOSE, b"x"), 1002),
    "forbidden close code": (frame(CLOSE, _code(1005)), 1002),
    "close code of zero": (frame(CLOSE, _code(0)), 1002),
    "close code of a lost connection": (frame(CLOSE, _code(1006)), 1002),
    "close code beyond all": (frame(CLOSE, _code(5000)), 1002),
    "close reason that is not UTF-8": (frame(CLOSE, _code(1000, b"\xff")), 1007),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_protocol_error_ends_the_websocket_and_is_counted_but_not_logged(
    name: str, ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    sent, expected = HOSTILE[name]
    caplog.set_level(logging.WARNING)
    before = metrics.MALFORMED_PACKETS._value.get()

    @on_uvloop
    async def scenario() -> None:
        async with wired(next(ports)) as (client, recorded):
            client.write(sent)
            assert await client.until_closed() == expected
            assert not recorded.wire._transport.underlying_transport.is_reading()
            await until(lambda: recorded.codes)
            assert (recorded.codes, recorded.messages) == ([1006], [])

    scenario()
    assert metrics.MALFORMED_PACKETS._value.get() == before + 1
    assert [record for record in caplog.records if record.name.startswith("delivery")] == []


@on_uvloop
async def test_an_exception_in_a_handler_is_logged_and_ends_the_websocket(
    ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    async with wired(next(ports)) as (client, recorded):
        recorded.error = KeyError("a bug")
        client.send("x")
        assert await client.until_closed() == 1011
        await until(lambda: recorded.codes)
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert record.message == "frame handler failed"
    assert record.exc_info
    assert isinstance(record.exc_info[1], KeyError)
