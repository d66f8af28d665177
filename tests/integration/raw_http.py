"""A client that sends any bytes over TCP, and reads until the server ends the connection."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from deploy.local.ports import HOST

_STATUS_LINE = b"HTTP/1.1 "
_PAUSE_SECONDS = 0.02


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection, and close it at the end."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield reader, writer
    finally:
        writer.close()


@asynccontextmanager
async def unread(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection whose client reads nothing, and whose buffers have little room."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, (HOST, port))
        reader, writer = await asyncio.open_connection(sock=client, limit=1)
        writer.transport.pause_reading()  # type: ignore[attr-defined] # it is a `Transport`
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


async def answer_to(
    port: int, pieces: Iterable[bytes], seconds: float, *, waits: bool = False
) -> bytes:
    """Send the pieces, and return everything that arrives. The client never closes first.

    With `waits`, it sends the other pieces only when an answer to the first one arrives. Raises
    `TimeoutError` if the server has not ended the connection within `seconds`.
    """
    async with connection(port) as (reader, writer), asyncio.timeout(seconds):
        may_go_on = asyncio.Event()
        if not waits:
            may_go_on.set()
        sending = asyncio.create_task(_send(writer, pieces, may_go_on))
        try:
            return await _read_all(reader, may_go_on)
        finally:
            sending.cancel()
            await asyncio.wait((sending,))


def statuses(answer: bytes) -> tuple[int, ...]:
    """Return the status of each response, except interim ones (1xx)."""
    rest = answer.split(_STATUS_LINE)[1:]
    numbers = [int(part[:3]) for part in rest]
    return tuple(number for number in numbers if number >= 200)


async def _send(
    writer: asyncio.StreamWriter, pieces: Iterable[bytes], may_go_on: asyncio.Event
) -> None:
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await may_go_on.wait()
            await asyncio.sleep(_PAUSE_SECONDS)  # so that the server reads them separately
    except ConnectionError:
        return


async def _read_all(reader: asyncio.StreamReader, is_answered: asyncio.Event) -> bytes:
    answer = b""
    while True:
        try:
            piece = await reader.read(65_536)
        except ConnectionError:
            return answer
        if not piece:
            return answer
        answer += piece
        is_answered.set()
