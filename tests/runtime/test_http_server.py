"""A server answers the requests of one connection in order, and keeps few idle connections."""

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio

from runtime import refusing_http
from runtime.http_bounds import MOST_PIPELINED, Bounds, most_waiting
from runtime.http_server import HttpServer
from tests.integration.raw_http import unread

_HOST = "127.0.0.1"
_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_BOUNDS = Bounds(waiting_connections=4)
_SECONDS = 10

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class _App:
    """An application that answers when the test lets it, and counts the clients that have left."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.started = 0
        self.left = 0
        self.answer = b"ok"

    async def __call__(self, _scope: object, receive: Receive, send: Send) -> None:
        self.started += 1
        await receive()
        if not self.may_answer.is_set():
            leaving = asyncio.create_task(self._note_end(receive))
            await self.may_answer.wait()
            leaving.cancel()
        headers = [(b"content-length", b"%d" % len(self.answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.answer})

    async def _note_end(self, receive: Receive) -> None:
        if (await receive())["type"] == "http.disconnect":
            self.left += 1


@asynccontextmanager
async def _serving(app: Any, bounds: Bounds = _BOUNDS) -> AsyncIterator[int]:
    server = HttpServer(app, _HOST, 0, bounds, lifespan="off", ws="none")
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(_SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True
        await serving


@pytest_asyncio.fixture
async def app() -> _App:
    return _App()


@pytest_asyncio.fixture
async def port(app: _App) -> AsyncIterator[int]:
    async with _serving(app) as port:
        yield port


async def test_every_answer_forbids_caches_and_guesses(port: int) -> None:
    for request in (_LAST, b"\x00\r\n\r\n"):
        reader, writer = await asyncio.open_connection(_HOST, port)
        writer.write(request)
        answer = await reader.read(-1)
        assert b"\r\ncache-control: no-store\r\n" in answer
        assert b"\r\nx-content-type-options: nosniff\r\n" in answer
        writer.close()


async def test_a_refused_request_waits_for_the_answers_to_earlier_ones(
    app: _App, port: int
) -> None:
    app.may_answer.clear()
    reader, writer = await asyncio.open_connection(_HOST, port)
    writer.write(_GET * 2 + b"\x00junk\r\n\r\n")
    await _until(lambda: app.started == 1)
    app.may_answer.set()
    answer = await reader.read(-1)
    assert _statuses(answer) == [200, 200, 400]
    writer.close()


async def test_a_connection_has_few_requests_that_wait(app: _App, port: int) -> None:
    app.may_answer.clear()
    reader, writer = await asyncio.open_connection(_HOST, port)
    writer.write(_GET * 500)
    await _until(lambda: app.started == 1)
    app.may_answer.set()
    answer = await reader.read(-1)
    assert _statuses(answer) == [200] * (MOST_PIPELINED + 1) + [429]
    writer.close()


async def test_a_lost_connection_ends_all_its_requests_without_an_error(
    app: _App, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    app.may_answer.clear()
    _, writer = await asyncio.open_connection(_HOST, port)
    writer.write(_GET * 5)
    await _until(lambda: app.started == 1)
    writer.transport.abort()
    await _until(lambda: app.left == 1)
    app.may_answer.set()
    await asyncio.sleep(0)
    assert app.started == 1
    assert caplog.records == []


async def test_the_oldest_idle_connection_makes_room_for_a_new_one(app: _App, port: int) -> None:
    connections = [await asyncio.open_connection(_HOST, port) for _ in range(6)]
    busy_reader, busy_writer = connections[2]
    app.may_answer.clear()
    busy_writer.write(_GET)
    await _until(lambda: app.started == 1)
    # The limit for idle connections does not count the busy one.
    connections += [await asyncio.open_connection(_HOST, port)]
    app.may_answer.set()
    assert (await busy_reader.readline()).startswith(b"HTTP/1.1 200")
    for reader, writer in connections[4:]:
        writer.write(_GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    for oldest, _ in (connections[0], connections[1], connections[3]):
        assert await oldest.read(-1) == b""
    for _, writer in connections:
        writer.close()


async def test_clients_of_a_load_test_keep_their_connections(app: _App) -> None:
    async with _serving(app, Bounds()) as port:
        connections = [await asyncio.open_connection(_HOST, port) for _ in range(1_100)]
        for _ in range(2):
            for reader, writer in connections:
                writer.write(_GET)
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        for _, writer in connections:
            writer.close()


@pytest.mark.parametrize(
    ("open_files", "most"),
    [(1_000_000, 10_000), (resource.RLIM_INFINITY, 10_000), (1_024, 768), (1, 1)],
)
def test_idle_connections_leave_files_for_others(open_files: int, most: int) -> None:
    assert most_waiting(Bounds(), open_files) == most


async def test_a_client_that_reads_nothing_of_a_long_answer_is_cut(
    app: _App, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusing_http, "_STALL_SECONDS", 0.2)
    app.answer = b"x" * 10_000_000
    async with unread(port) as (reader, writer):
        writer.write(_GET)
        await _until(lambda: app.started == 1)
        await asyncio.sleep(0.5)
        reading: Any = writer.transport
        reading.resume_reading()
        answer = b""
        with suppress(ConnectionError):
            while piece := await asyncio.wait_for(reader.read(65_536), _SECONDS):
                answer += piece
        assert 0 < len(answer) < len(app.answer)


async def test_a_client_that_reads_slowly_gets_the_whole_answer(
    app: _App, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusing_http, "_STALL_SECONDS", 0.2)
    app.answer = b"x" * 10_000_000
    reader, writer = await asyncio.open_connection(_HOST, port, limit=64 * 1024)
    writer.write(_LAST)
    read = 0
    while piece := await asyncio.wait_for(reader.read(400_000), _SECONDS):
        read += len(piece)
        await asyncio.sleep(0.005)
    assert read > len(app.answer)
    writer.close()


async def test_a_port_that_is_taken_ends_the_process(app: _App, port: int) -> None:
    server = HttpServer(app, _HOST, 0, more_ports={port: None}, lifespan="off", ws="none")
    with pytest.raises(SystemExit) as ended:
        await server.serve()
    assert ended.value.code == 3
    for listener in server.servers:
        listener.close()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not holds():  # noqa: ASYNC110 - the application has no event for it
            await asyncio.sleep(0.01)


def _statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
