"""Holds a malformed conversation with an instance, over raw TCP."""

import asyncio
import re
import socket
import struct
from contextlib import suppress
from urllib.parse import urlsplit

from tests.fuzz.malformed_frames import POLLING, Conversation, Leaving

#: How long a client waits between two parts, and for the end of the answer.
_PAUSE_SECONDS = 0.002
_QUIET_SECONDS = 0.05
_PATIENCE_SECONDS = 10
_SID = re.compile(rb'0\{"sid":"([^"]+)"')


async def converse(url: str, conversation: Conversation) -> bool:
    """Send the parts, and leave. Return whether the instance answered anything."""
    parts = conversation.parts
    if conversation.kind in ("posts", "upgrades"):
        sid = await _polling_session(url)
        if sid is None:
            return False
        if conversation.kind == "posts":
            parts = [_post(sid, body) for body in parts]
        else:
            parts = [parts[0].replace(b"{sid}", sid), *parts[1:]]
    return await _send(url, parts, conversation.leaving)


async def _send(url: str, parts: list[bytes], leaving: Leaving) -> bool:
    try:
        reader, writer = await _opened(url)
    except ConnectionError:
        return False
    received = b""
    with suppress(ConnectionError, RuntimeError):  # uvloop raises the second
        for part in parts:
            writer.write(part)
            with suppress(TimeoutError):
                received += await asyncio.wait_for(reader.read(1 << 16), _PAUSE_SECONDS)
        if leaving is Leaving.AFTER_THE_ANSWER:
            with suppress(TimeoutError):
                while more := await asyncio.wait_for(reader.read(1 << 16), _QUIET_SECONDS):
                    received += more
    if leaving is Leaving.RESET:
        writer.transport.abort()
    else:
        writer.close()
    with suppress(ConnectionError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), _QUIET_SECONDS)
    return bool(received)


async def _opened(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
    # With this option, `abort` resets the connection instead of finishing it.
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    return reader, writer


async def _polling_session(url: str) -> bytes | None:
    """Return the id of a new session that polls; None if there are too many."""
    reader, writer = await _opened(url)
    with suppress(ConnectionError):
        writer.write(f"GET {POLLING} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer = await reader.read(-1)
        if found := _SID.search(answer):
            return found[1]
    writer.transport.abort()
    return None


def _post(sid: bytes, body: bytes) -> bytes:
    target = POLLING.encode() + b"&sid=" + sid
    return b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (
        target,
        len(body),
        body,
    )
