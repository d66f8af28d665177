"""What strangers send to our servers, before they reset the connection."""

import asyncio
import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress

from tests.integration.http_cases import SECRET_IN_QUERY
from tests.integration.raw_http import connection

#: Frames of text, bytes, a close, and an unknown kind.
_FRAMES = ((1, b"\xff\xfe"), (1, b"4\xc3"), (2, b"\xff"), (8, b"\x00"), (3, b""))
_QUERY = f"?EIO=4&transport=websocket&token={SECRET_IN_QUERY}"


def junk() -> Iterator[list[bytes]]:
    """Yield the pieces that one stranger sends, one after the other."""
    yield [b"\x00junk\r\n\r\n"]
    yield [_get("/readyz") * 10]
    yield [_get("/readyz") * 10, b"\x00junk"]
    yield [_get("/metrics") * 3, _get("/readyz")[:30]]
    yield [_get("/nowhere"), b"POST /socket.io/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4"]
    for path in ("/socket.io/", "/peer", "/nowhere"):
        yield [upgrade(path)]
        yield [upgrade(path), b"\x00"]
        for frame in _FRAMES:
            yield [upgrade(path), _frame(*frame)]


def junk_in_a_session(sid: str) -> Iterator[list[bytes]]:
    """Yield the pieces that one stranger sends to a polling session, without a valid token."""
    session = f"/socket.io/{_QUERY.replace('websocket', 'polling')}&sid={sid}"
    get = f"GET {session} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    post = f"POST {session} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n3".encode()
    yield [get * 5]
    yield [post * 5 + get * 5]
    yield [post * 5, get, post[:-1], b"3" + get]
    probe = upgrade().replace(b" HTTP/1.1", b"&sid=%b HTTP/1.1" % sid.encode(), 1)
    yield [probe]
    for frame in _FRAMES:
        yield [probe, _frame(*frame)]
        yield [probe, _frame(1, b"2probe"), _frame(*frame)]
        yield [probe, _frame(1, b"2probe"), _frame(1, b"5"), _frame(*frame)]


async def send_and_reset(port: int, pieces: Iterable[bytes]) -> None:
    """Send the pieces, and reset the connection if the server has not ended it already."""
    async with connection(port) as (_, writer):
        linger = struct.pack("ii", 1, 0)  # a close resets the connection
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)  # so that the program has begun to handle it


def _get(path: str) -> bytes:
    return f"GET {path}{_QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def upgrade(path: str = "/socket.io/") -> bytes:
    """Return a request to upgrade, with a query that nobody may log."""
    return (
        f"GET {path}{_QUERY} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def _frame(opcode: int, payload: bytes) -> bytes:
    return bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload
