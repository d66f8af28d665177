"""What can be seen of an instance from outside: its metrics, its memory, and its open sockets."""

import asyncio
import resource
from pathlib import Path
from urllib.parse import urlsplit

from tests.integration.delivery.conformance.raw_websocket import RawWebSocket
from tests.services.program import Program
from tests.services.waiting import PATIENCE_SECONDS


async def metric(program: Program, name: str) -> float:
    """Return the value of a metric without labels.

    Uses a raw connection, because httpx would take longer than most tests of this folder.
    """
    async with RawWebSocket.tcp(program.url) as http:
        await http.send(b"GET /metrics HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = (await http.reader.read(-1)).decode()
    start = answer.index(f"\n{name} ") + len(name) + 2
    return float(answer[start : answer.index("\n", start)])


def resident_bytes(program: Program) -> int:
    """Return the memory that the process uses now."""
    pages = int(Path(f"/proc/{program.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def holds(program: Program, socket: RawWebSocket) -> bool:
    """Return whether the program still has its end of this TCP connection open.

    The kernel may still list a connection that the program has closed, but without an inode.
    """
    server, client = urlsplit(program.url).port, socket.port
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, *_, inode = row.split()[1:10]
        if (_port(local), _port(remote)) == (server, client):
            return inode != "0"
    return False


def _port(address: str) -> int:
    return int(address.split(":")[1], 16)
