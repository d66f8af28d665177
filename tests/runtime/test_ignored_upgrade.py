"""A request that asks for an upgrade which is not offered keeps its body."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from runtime.http_server import HttpServer
from tests.integration.raw_http import answer_to, statuses

_SECONDS = 10.0
_HEAD = b"POST /first HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %b\r\n%b\r\n\r\n"
_LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
_LENGTH = b"Content-Length: %d" % len(_HIDDEN)
_CHUNKS = b"Transfer-Encoding: chunked"
_GZIP = b"Transfer-Encoding: gzip"
_IN_CHUNKS = b"%x\r\n%b\r\n0\r\nX-Trailer: x\r\n\r\n" % (len(_HIDDEN), _HIDDEN)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def _echo(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer with the request's path and body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    text = b"<%b %b>" % (scope["path"].encode(), body)
    headers = [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def port() -> AsyncIterator[int]:
    server = HttpServer(_echo, "127.0.0.1", 0, lifespan="off", ws="none")
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(_SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
@pytest.mark.parametrize(
    ("framing", "body", "expected"),
    [
        (_LENGTH, _HIDDEN, _HIDDEN),
        (_CHUNKS, _IN_CHUNKS, _HIDDEN),
        (b"Content-Length: 00", b"", b""),
        (b"X-None: x", b"", b""),
    ],
)
async def test_the_body_is_no_request_of_its_own(
    port: int, protocol: bytes, framing: bytes, body: bytes, expected: bytes
) -> None:
    head = _HEAD % (protocol, framing)
    for pieces in ((head + body + _LAST,), (head, body[:9], body[9:], _LAST)):
        answer = await answer_to(port, filter(None, pieces), _SECONDS)
        assert statuses(answer) == (200, 200)
        assert b"</first %b>" % expected in answer
        assert b"</last >" in answer


async def test_several_such_requests_share_a_connection(port: int) -> None:
    one = _HEAD % (b"h2c", _LENGTH) + _HIDDEN
    answer = await answer_to(port, (one * 3 + _LAST,), _SECONDS)
    assert answer.count(b"</first %b>" % _HIDDEN) == 3
    assert statuses(answer) == (200,) * 4


@pytest.mark.parametrize(
    ("framing", "told"),
    [(_CHUNKS, b"Invalid character in chunk size"), (_GZIP, b"Request has invalid `Transfer-E")],
)
async def test_a_body_without_an_end_is_refused(port: int, framing: bytes, told: bytes) -> None:
    answer = await answer_to(port, (_HEAD % (b"h2c", framing) + b"zz\r\n",), _SECONDS)
    assert statuses(answer) == (400,)
    assert told in answer
