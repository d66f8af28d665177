"""A response that is sent in one piece has the same bytes as if uvicorn sent its two messages."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from runtime.http_server import HttpServer
from runtime.whole_response import send_whole
from tests.integration.raw_http import answer_to

_HOST = "127.0.0.1"
_SECONDS = 10.0
_FIELDS = [(b"location", b"/x/1"), (b"x-request-id", b"a b~"), (b"content-type", b"text/plain")]
_POST = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
_LAST = b"POST %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
_EXPECT = b"POST %b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
_EARLY = b"POST /early%b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\nabc"
_OLD = b"POST %b HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


async def _app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer in one piece. If the path is below /messages, answer in two messages."""
    path = scope["path"]
    if not path.startswith("/early"):
        await receive()
    body = b"x" * 300_000 if "large" in path else b"hello"
    if "break" in path:
        for line_break in (b"\r\n", b"\n", b"\r"):
            with pytest.raises(RuntimeError, match="line break"):
                await send_whole(scope, 200, [(b"a", b"b%bset-cookie: c" % line_break)], body)
    headers = [*_FIELDS, (b"content-length", b"%d" % len(body))]
    if "messages" not in path:
        assert await send_whole(scope, 201, headers, body)
        if "twice" in path:
            with pytest.raises(RuntimeError, match="started already"):
                await send_whole(scope, 201, headers, body)
        return
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def port() -> AsyncIterator[int]:
    server = HttpServer(_app, _HOST, 0, lifespan="off", ws="none", server_header=False)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(_SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def _answer(port: int, *pieces: bytes) -> bytes:
    answer = await answer_to(port, pieces, _SECONDS)
    return re.sub(rb"(?m)^date: .*$", b"date: now", answer)


@pytest.mark.parametrize(
    "pieces",
    [
        (_LAST,),
        (_OLD,),
        (_POST + _POST + _LAST,),
        (_POST, _LAST[:40], _LAST[40:]),
        (_EXPECT, b"{}"),
        (_EARLY,),
    ],
)
@pytest.mark.parametrize("size", [b"", b"/large"])
async def test_the_bytes_are_those_of_two_messages(
    pieces: tuple[bytes, ...], size: bytes, port: int
) -> None:
    whole, messages = [
        await _answer(port, *(piece.replace(b"%b", path + size) for piece in pieces))
        for path in (b"/whole", b"/messages")
    ]
    assert whole == messages
    requests = sum(piece.count(b" HTTP/") for piece in pieces)
    assert whole.count(b"HTTP/1.1 201 Created\r\n") == max(requests, 1)


async def test_a_line_break_in_a_header_is_refused_before_anything_is_sent(port: int) -> None:
    answer = await _answer(port, _LAST.replace(b"%b", b"/break"))
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"set-cookie" not in answer


async def test_a_second_response_is_refused(port: int) -> None:
    answer = await _answer(port, _LAST.replace(b"%b", b"/twice"))
    assert answer.count(b"hello") == 1


async def test_a_client_that_has_left_is_not_answered(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            _, writer = await asyncio.open_connection(_HOST, port)
            writer.write(_POST.replace(b"%b", b"/large") * 3)
            writer.transport.abort()
        with suppress(ConnectionError):
            await _answer(port, _LAST.replace(b"%b", b"/whole"))
    assert caplog.records == []


async def test_another_server_is_sent_messages() -> None:
    assert not await send_whole({"type": "http"}, 200, [], b"")
