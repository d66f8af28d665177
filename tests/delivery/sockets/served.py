"""A real uvicorn server in this process, and a client that sends any bytes over loopback."""

import asyncio
import functools
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple, ParamSpec

import uvicorn
import uvloop

from delivery.sockets.wire_protocol import WireProtocol

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MAX_BYTES = 64 * 1024
_PATIENCE_SECONDS = 10
_POLL_SECONDS = 0.002
KEY = "A" * 22 + "=="
_MASK = b"\x01\x02\x03\x04"


Parameters = ParamSpec("Parameters")


def on_uvloop(
    test: Callable[Parameters, Coroutine[Any, Any, None]],
) -> Callable[Parameters, None]:
    """Run a test on uvloop, as production does. Its transports differ from asyncio's own."""

    @functools.wraps(test)
    def run(*args: Parameters.args, **options: Parameters.kwargs) -> None:
        uvloop.run(test(*args, **options))

    return run


async def until(holds: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(_POLL_SECONDS)


class _Web(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[uvicorn.Server]:
    """Serve the application on this port, with the options that delivery/app.py uses."""
    config = uvicorn.Config(
        app,
        port=port,
        http="httptools",
        ws=WireProtocol,
        ws_per_message_deflate=False,
        ws_max_size=MAX_BYTES,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = _Web(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started or running.done())
    try:
        yield server
    finally:
        server.should_exit = True
        await running


class Frame(NamedTuple):
    """A frame that the server sent."""

    kind: int
    payload: bytes

    @property
    def code(self) -> int:
        """The code of a close frame."""
        assert self.kind == CLOSE
        return int.from_bytes(self.payload[:2], "big")


class RawClient:
    """A TCP connection on which the test writes frames, correct or not."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    @asynccontextmanager
    async def connected(
        cls, port: int, path: str = "/", headers: str = ""
    ) -> AsyncIterator["RawClient"]:
        """Connect, and ask for a WebSocket. The test reads the answer, with `handshake`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = cls(reader, writer)
        request = (
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{headers}\r\n"
        )
        client.write(request.encode())
        try:
            yield client
        finally:
            writer.transport.abort()

    @classmethod
    @asynccontextmanager
    async def opened(cls, port: int, path: str = "/") -> AsyncIterator["RawClient"]:
        """Connect, and open a WebSocket."""
        async with cls.connected(port, path) as client:
            assert (await client.handshake()).startswith("HTTP/1.1 101 ")
            yield client

    async def handshake(self) -> str:
        """Read the answer to the handshake, up to its empty line."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode()

    def write(self, data: bytes) -> None:
        """Write these bytes."""
        self.writer.write(data)

    def send(self, payload: bytes | str, kind: int = TEXT) -> None:
        """Send one whole frame."""
        data = payload.encode() if isinstance(payload, str) else payload
        self.write(frame(kind, data))

    async def read(self) -> Frame:
        """Read the next frame. Raises `IncompleteReadError` at the end of the connection."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            first, length = await self.reader.readexactly(2)
            if length >= 126:
                size = 2 if length == 126 else 8
                length = int.from_bytes(await self.reader.readexactly(size), "big")
            return Frame(first & 0x0F, await self.reader.readexactly(length))

    async def text(self) -> str:
        """Read the next frame, which must be a text frame."""
        kind, payload = await self.read()
        assert kind == TEXT, (kind, payload)
        return payload.decode()

    async def until_closed(self) -> int:
        """Read until the server closes. Return the code, or 1006 if it sent none."""
        try:
            while (received := await self.read()).kind != CLOSE:
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006
        return received.code


def frame(kind: int, payload: bytes = b"", *, fin: bool = True, bits: int = 0) -> bytes:
    """Return a masked frame. `bits` are the reserved bits."""
    first = (0x80 if fin else 0) | bits << 4 | kind
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    mask = (_MASK * (length // 4 + 1))[:length]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + _MASK + masked.to_bytes(length, "big")
