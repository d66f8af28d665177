"""What the operating system knows of an instance: its memory, and the sockets that it holds."""

import resource
from pathlib import Path
from urllib.parse import urlsplit

from tests.integration.delivery.conformance.raw_websocket import RawWebSocket
from tests.services.program import Program


def resident_bytes(program: Program) -> int:
    """Return the memory that the process uses now."""
    pages = int(Path(f"/proc/{program.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def holds(program: Program, socket: RawWebSocket) -> bool:
    """Return whether the program still has its end of this TCP connection open.

    A connection that the program has closed may live on in the kernel, which then shows no inode.
    """
    server, client = urlsplit(program.url).port, socket.port
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, *_, inode = row.split()[1:10]
        if (_port(local), _port(remote)) == (server, client):
            return inode != "0"
    return False


def _port(address: str) -> int:
    return int(address.split(":")[1], 16)
