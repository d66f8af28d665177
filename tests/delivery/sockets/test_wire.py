"""One WebSocket: its messages, its end, and a peer that reads slowly or not at all."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from delivery.sockets import wire as wire_module
from tests.delivery.sockets.served import (
    BINARY,
    CLOSE,
    MAX_BYTES,
    PING,
    PONG,
    TEXT,
    Frame,
    frame,
    on_uvloop,
    until,
)
from tests.delivery.sockets.wire_rig import fill, wired

_CONTINUATION = 0


@on_uvloop
async def test_fragments_are_joined_and_pings_may_come_between_them(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, recorded):
        client.write(frame(TEXT, b"a", fin=False) + frame(_CONTINUATION, b"", fin=False))
        client.send(b"between", PING)
        client.write(frame(_CONTINUATION, b"b"))
        client.write(frame(BINARY, b"1", fin=False) + frame(_CONTINUATION, b"2"))
        client.send("whole")
        assert await client.read() == Frame(PONG, b"between")
        await until(lambda: len(recorded.messages) == 3)
        assert recorded.messages == [(b"ab", True), (b"12", False), (b"whole", True)]


@on_uvloop
async def test_a_message_of_many_tiny_fragments_is_bounded_by_its_bytes(
    ports: Iterator[int],
) -> None:
    async with wired(next(ports)) as (client, recorded):
        fragments = [frame(_CONTINUATION, b"y", fin=False)] * (MAX_BYTES - 1)
        client.write(frame(TEXT, b"x", fin=False) + b"".join(fragments))
        client.write(frame(_CONTINUATION, b"", fin=False) * 1_000 + frame(_CONTINUATION))
        await until(lambda: recorded.messages)
        assert recorded.messages == [(b"x" + b"y" * (MAX_BYTES - 1), True)]
        client.write(frame(TEXT, b"x" * MAX_BYTES, fin=False) + frame(_CONTINUATION, b"y"))
        assert await client.until_closed() == 1009


@on_uvloop
async def test_pings_that_arrive_together_get_one_pong(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, _):
        client.write(b"".join(frame(PING, b"%d" % number) for number in range(100)))
        assert await client.read() == Frame(PONG, b"99")
        client.send(b"again", PING)
        assert await client.read() == Frame(PONG, b"again")


@on_uvloop
async def test_long_and_short_frames_stay_whole_behind_a_slow_reader(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, recorded):
        count = fill(recorded)
        sizes = (100, 20_000, 101, 20_001, 9_000, 102, 8_193, 103)
        later = [bytes([97 + number]) * size for number, size in enumerate(sizes)]
        for message in later:
            recorded.wire.send(message)
        for _ in range(count):
            assert await client.read() == Frame(TEXT, b"x" * 8_000)
        assert [await client.read() for _ in later] == [Frame(TEXT, each) for each in later]


@on_uvloop
async def test_a_peer_that_does_not_read_gets_no_pongs(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, recorded):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        count = fill(recorded)
        client.send(b"skipped", PING)
        client.send("after the ping")
        await until(lambda: recorded.messages)
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(count):
            await client.read()
        client.send(b"answered", PING)
        assert await client.read() == Frame(PONG, b"answered")


@on_uvloop
async def test_a_peer_that_reads_nothing_is_cut_in_time(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "_STALL_SECONDS", 0.1)
    async with wired(next(ports)) as (client, recorded):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        fill(recorded)
        waiting = asyncio.create_task(recorded.wire.until_writable())
        await until(lambda: recorded.codes)
        assert recorded.codes == [1006]
        async with asyncio.timeout(10):
            await waiting
        recorded.wire.send(b"too late")


@on_uvloop
async def test_a_peer_that_reads_again_in_time_stays(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "_STALL_SECONDS", 30)
    async with wired(next(ports)) as (client, recorded):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        count = fill(recorded)
        waiting = asyncio.create_task(recorded.wire.until_writable())
        await asyncio.sleep(0)
        assert not waiting.done()
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(count):
            await client.read()
        async with asyncio.timeout(10):
            await waiting
        assert recorded.wire._stall_timer is None
        assert not recorded.codes


@on_uvloop
async def test_a_peer_that_leaves_too_much_unread_is_cut_at_once(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "_MAX_UNREAD_BYTES", 100_000)
    async with wired(next(ports)) as (client, recorded):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        fill(recorded)
        for _ in range(10):
            recorded.wire.send(b"x" * 8_000)
        await until(lambda: recorded.codes)
        assert recorded.codes == [1006]


@on_uvloop
async def test_a_flood_is_handled_in_small_portions(ports: Iterator[int]) -> None:
    async with wired(next(ports)) as (client, recorded):
        flood = frame(TEXT, b"43999[]") * 500_000
        client.write(flood)
        most = before = 0
        while before < 50_000:
            await asyncio.sleep(0)
            most, before = max(most, len(recorded.messages) - before), len(recorded.messages)
        assert most < 10_000


@on_uvloop
async def test_nothing_of_an_ended_websocket_is_left_to_the_garbage_collector(
    ports: Iterator[int],
) -> None:
    gc.collect()
    gc.disable()
    try:
        async with wired(next(ports)) as (client, recorded):
            ref = weakref.ref(recorded.wire)
            client.send((1000).to_bytes(2, "big"), CLOSE)
            assert await client.until_closed() == 1000
            await until(lambda: recorded.codes)
            del recorded.wire
            await until(lambda: ref() is None)
    finally:
        gc.enable()
