"""A WebSocket client that can break the rules: it sends any bytes, and returns every frame."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.services.waiting import PATIENCE_SECONDS

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

SHOPPERS_TARGET = "/socket.io/?EIO=4&transport=websocket"
_HANDSHAKE = {
    "Host": "shop.example",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
#: The `Sec-WebSocket-Accept` that belongs to the key above. Both are the example of RFC 6455.
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#: asyncio takes at most twice this many bytes from the kernel before the test reads them.
_UNREAD_BYTES = 16 * 1024
_MASK = b"\x37\xfa\x21\x3d"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame from the server."""

    opcode: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The end of a connection: the code of the server's close frame, and the frames before it.

    The code is None if the server closed the TCP connection without a close frame, and 1005 if its
    close frame had no code.
    """

    code: int | None
    frames: list[Frame]


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """Return the bytes of a frame. `reserved` holds the three reserved bits, as a number."""
    head = bytes([fin << 7 | reserved << 4 | opcode]) + length_field(len(payload), masked=masked)
    if not masked:
        return head + payload
    mask = (_MASK * (len(payload) // 4 + 1))[: len(payload)]
    mixed = int.from_bytes(payload) ^ int.from_bytes(mask)
    return head + _MASK + mixed.to_bytes(len(payload))


def fragments(payload: bytes, *ends: int, first: int = TEXT) -> list[bytes]:
    """Return the payload in fragments that end at these places, and at its own end."""
    bounds = itertools.pairwise([0, *ends, len(payload)])
    return [
        frame(CONTINUATION if start or index else first, payload[start:end], fin=index == len(ends))
        for index, (start, end) in enumerate(bounds)
    ]


def length_field(length: int, *, masked: bool = True) -> bytes:
    """Return the field of a frame's head that holds the mask bit and the length."""
    bit = masked << 7
    if length < 126:
        return bytes([bit | length])
    if length < 1 << 16:
        return bytes([bit | 126]) + length.to_bytes(2)
    return bytes([bit | 127]) + length.to_bytes(8)


def request(
    target: str = SHOPPERS_TARGET,
    changes: Mapping[str, str | None] | None = None,
    *,
    method: str = "GET",
) -> bytes:
    """Return a handshake with these headers changed; the value None leaves a header out."""
    headers = {**_HANDSHAKE, **(changes or {})}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode()


class RawWebSocket:
    """A TCP connection to an instance. Without a handshake, it is not a WebSocket yet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.headers: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def tcp(cls, url: str, *, buffer: int | None = None) -> AsyncIterator["RawWebSocket"]:
        """Open a TCP connection, and abort it when the context ends.

        With `buffer`, the kernel holds only about this many unread bytes.
        """
        address = urlsplit(url)
        with socket.socket() as sock:
            sock.setblocking(False)
            if buffer is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, (address.hostname, address.port))
            reader, writer = await asyncio.open_connection(sock=sock, limit=_UNREAD_BYTES)
            try:
                yield cls(reader, writer)
            finally:
                writer.transport.abort()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, target: str = SHOPPERS_TARGET, *, buffer: int | None = None
    ) -> AsyncIterator["RawWebSocket"]:
        """Open a WebSocket, and abort its TCP connection when the context ends."""
        async with cls.tcp(url, buffer=buffer) as raw:
            await raw.send(request(target))
            assert await raw.status() == 101
            yield raw

    @property
    def port(self) -> int:
        """The port of this end of the TCP connection."""
        port: int = self.writer.get_extra_info("sockname")[1]
        return port

    async def send(self, *parts: bytes) -> None:
        """Send these bytes."""
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def status(self) -> int:
        """Read the head of the HTTP answer into `headers`, and return its status."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().rstrip().split("\r\n")
        pairs = (line.split(":", 1) for line in lines)
        self.headers = {name.strip().lower(): value.strip() for name, value in pairs}
        return int(first.split()[1])

    async def frame(self) -> Frame:
        """Return the next frame. Raises `IncompleteReadError` at the end of the TCP connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            first, second = await self.reader.readexactly(2)
            assert first & 0x80, "our server sends no fragments"
            assert first & 0x70 == 0, "no reserved bit may be set"
            assert second & 0x80 == 0, "a server must not mask"
            length = second
            if second == 126:
                length = int.from_bytes(await self.reader.readexactly(2))
            elif second == 127:
                length = int.from_bytes(await self.reader.readexactly(8))
            return Frame(first & 0x0F, await self.reader.readexactly(length))

    async def packet(self) -> str:
        """Return the next Engine.IO packet that is not part of the heartbeat.

        Answers the pings of Engine.IO and of the WebSocket. Skips pongs, and Engine.IO's empty
        packet "6" (noop).
        """
        # `frame` has a time-out of its own, but each ping would start it again.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                received = await self.frame()
                if received.opcode == PING:
                    await self.send(frame(PONG, received.payload))
                elif received.opcode == TEXT and received.payload == b"2":
                    await self.send(frame(TEXT, b"3"))
                elif received.opcode != PONG and received != Frame(TEXT, b"6"):
                    assert received.opcode == TEXT, received
                    return received.payload.decode()

    async def ended(self, *, answers: bool = True) -> End:
        """Read until the server closes the TCP connection.

        Answers the server's close frame as clients must, unless told otherwise.
        """
        code: int | None = None
        frames: list[Frame] = []
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                received = await self.frame()
                assert code is None, "a close frame must be the last"
                if received.opcode != CLOSE:
                    frames.append(received)
                    continue
                code = int.from_bytes(received.payload[:2]) if received.payload else 1005
                if answers:
                    await self.send(frame(CLOSE, received.payload[:2]))
        return End(code, frames)
