"""The handshake of a WebSocket, ASGI over it, and taking it over from ASGI."""

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket
from uvicorn.protocols.utils import ClientDisconnected
from websockets.utils import accept_key

from delivery.sockets import wire_protocol
from delivery.sockets.wire_protocol import EXTENSION, WireProtocol
from tests.delivery.sockets.served import (
    BINARY,
    CLOSE,
    KEY,
    TEXT,
    Frame,
    RawClient,
    on_uvloop,
    serving,
    until,
)
from tests.delivery.sockets.wire_rig import Recorded

_NORMAL = (1000).to_bytes(2, "big")


class Application:
    """Keeps its WebSocket for the test. Its coroutine ends when `done` is set."""

    def __init__(self) -> None:
        self.socket: WebSocket | None = None
        self.done = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.socket = WebSocket(scope, receive, send)
        await self.done.wait()

    async def begun(self) -> WebSocket:
        await until(lambda: self.socket)
        assert self.socket is not None
        return self.socket

    @property
    def protocol(self) -> WireProtocol:
        assert self.socket is not None
        found = self.socket.scope["extensions"][EXTENSION]
        assert isinstance(found, WireProtocol)
        return found


@asynccontextmanager
async def asked(port: int, headers: str = "") -> AsyncIterator[tuple[RawClient, Application]]:
    """Ask for a WebSocket, which the test accepts or refuses."""
    app = Application()
    async with serving(app, port), RawClient.connected(port, headers=headers) as client:
        await app.begun()
        yield client, app
        app.done.set()


@on_uvloop
async def test_a_websocket_is_accepted_with_headers_and_a_subprotocol(ports: Iterator[int]) -> None:
    async with asked(next(ports), "Sec-WebSocket-Protocol: a, b\r\n") as (client, app):
        socket = await app.begun()
        assert socket.scope["subprotocols"] == ["a", "b"]
        await socket.accept("b", [(b"x-instance", b"7")])
        lines = (await client.handshake()).lower().split("\r\n")
        assert lines[0] == "http/1.1 101 switching protocols"
        assert {"x-instance: 7", "sec-websocket-protocol: b", "server: uvicorn"} <= set(lines)
        assert f"sec-websocket-accept: {accept_key(KEY).lower()}" in lines


@on_uvloop
async def test_a_websocket_is_refused_with_403_or_with_an_answer(ports: Iterator[int]) -> None:
    async with asked(next(ports)) as (client, app):
        await (await app.begun()).close()
        assert (await client.handshake()).startswith("HTTP/1.1 403 ")
    async with asked(next(ports)) as (client, app):
        answer = PlainTextResponse("later", 503, {"Retry-After": "1"})
        await (await app.begun()).send_denial_response(answer)
        head = await client.handshake()
        assert head.startswith("HTTP/1.1 503 ")
        assert "retry-after: 1" in head.lower()
        assert await client.reader.read() == b"later"


@on_uvloop
async def test_a_refusal_is_no_error(
    ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    async with asked(next(ports)) as (client, app):
        await (await app.begun()).send_denial_response(PlainTextResponse("later", 503))
        app.done.set()
        assert (await client.handshake()).startswith("HTTP/1.1 503 ")
    async with asked(next(ports)) as (client, app):
        await (await app.begun()).close()
        app.done.set()
        assert (await client.handshake()).startswith("HTTP/1.1 403 ")
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@on_uvloop
async def test_a_handshake_that_is_open_when_the_server_stops_is_answered_503_without_an_error(
    ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    app = Application()
    async with serving(app, port := next(ports)), RawClient.connected(port) as client:
        socket = await app.begun()
        app.protocol.shutdown()
        head = await client.handshake()
        assert head.startswith("HTTP/1.1 503 ")
        assert "Retry-After: 1" in head
        with pytest.raises(ClientDisconnected):
            await socket.send_denial_response(PlainTextResponse("later", 503))
        app.done.set()
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@on_uvloop
async def test_a_handshake_that_the_application_does_not_answer_ends(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_protocol, "_HANDSHAKE_SECONDS", 0.05)
    async with asked(next(ports)) as (client, _):
        with pytest.raises(asyncio.IncompleteReadError):
            await client.reader.readexactly(1)


@on_uvloop
async def test_what_is_sent_before_the_answer_is_read_after_it(ports: Iterator[int]) -> None:
    async with asked(next(ports)) as (client, app):
        socket = await app.begun()
        client.send("early")
        client.send(b"and bytes", BINARY)
        await socket.accept()
        assert await socket.receive_text() == "early"
        assert await socket.receive_bytes() == b"and bytes"


@on_uvloop
async def test_reading_stops_while_the_application_does_not_receive(ports: Iterator[int]) -> None:
    async with asked(next(ports)) as (client, app):
        socket = await app.begun()
        await socket.accept()
        sent = [f"{number}" * 1_000 for number in range(300)]
        for text in sent:
            client.send(text)
        await until(lambda: app.protocol.read_paused)
        assert app.protocol.queue.qsize() < 50
        assert [await socket.receive_text() for _ in sent] == sent


@on_uvloop
async def test_the_application_sends_and_closes(ports: Iterator[int]) -> None:
    async with asked(next(ports)) as (client, app):
        socket = await app.begun()
        await socket.accept()
        await client.handshake()
        await socket.send_text("ñ")
        await socket.send_bytes(b"\x00")
        await socket.close(4401, "no")
        assert await client.read() == Frame(TEXT, "ñ".encode())
        assert await client.read() == Frame(BINARY, b"\x00")
        assert await client.read() == Frame(CLOSE, (4401).to_bytes(2, "big") + b"no")


@on_uvloop
async def test_the_application_hears_of_the_end_and_cannot_send_after_it(
    ports: Iterator[int],
) -> None:
    async with asked(next(ports)) as (client, app):
        socket = await app.begun()
        await socket.accept()
        protocol = app.protocol
        await client.handshake()
        client.send((4000).to_bytes(2, "big"), CLOSE)
        message = await socket.receive()
        assert (message["type"], message["code"]) == ("websocket.disconnect", 4000)
        with pytest.raises(ClientDisconnected):
            await protocol.send({"type": "websocket.send", "text": "too late"})


@on_uvloop
async def test_text_that_is_not_utf8_closes_the_websocket(ports: Iterator[int]) -> None:
    async with asked(next(ports)) as (client, app):
        await (await app.begun()).accept()
        await client.handshake()
        client.send(b"\xff")
        assert await client.until_closed() == 1007


@on_uvloop
async def test_a_receiver_is_told_of_the_end_even_if_the_websocket_had_ended_before(
    ports: Iterator[int],
) -> None:
    async with asked(next(ports)) as (client, app):
        socket = await app.begun()
        protocol, recorded = app.protocol, Recorded()
        with pytest.raises(RuntimeError, match="not accepted"):
            protocol.take(recorded)
        await socket.accept()
        await client.handshake()
        client.send(_NORMAL, CLOSE)
        assert await client.until_closed() == 1000
        wire = protocol.take(recorded)
        await until(lambda: recorded.codes)
        assert (recorded.codes, wire.has_ended) == ([1006], True)


@on_uvloop
async def test_a_client_that_has_gone_is_not_accepted(
    ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    async with asked(next(ports)) as (_, app):
        protocol = app.protocol
        protocol.transport.abort()
        with pytest.raises(ClientDisconnected):
            await protocol.send({"type": "websocket.accept"})
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@on_uvloop
async def test_websockets_are_closed_when_the_server_stops(ports: Iterator[int]) -> None:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    port = next(ports)
    async with serving(app, port) as server, RawClient.opened(port) as client:
        server.should_exit = True
        assert await client.until_closed() == 1012
        client.send((1012).to_bytes(2, "big"), CLOSE)


@pytest.mark.parametrize("accepted", [True, False])
def test_nothing_of_an_ended_connection_is_left_to_the_garbage_collector(
    accepted: bool, ports: Iterator[int]
) -> None:
    @on_uvloop
    async def scenario() -> None:
        protocols: list[weakref.ref[WireProtocol]] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            protocols.append(weakref.ref(scope["extensions"][EXTENSION]))
            await receive()
            await send({"type": "websocket.accept" if accepted else "websocket.close"})

        port = next(ports)
        async with serving(app, port):
            async with RawClient.connected(port) as client:
                await client.handshake()
                client.send(_NORMAL, CLOSE)
            await until(lambda: protocols[0]() is None)

    gc.collect()
    gc.disable()
    try:
        scenario()
    finally:
        gc.enable()
