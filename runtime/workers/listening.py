"""Binds the address of a program with several workers."""

import asyncio
import socket

_BACKLOG = 2048


async def listeners_at(host: str, port: int) -> list[socket.socket]:
    """Listen at all addresses of the host, and accept nothing. Raises `OSError`.

    Clients that connect before the first worker has started wait. When a worker ends, the other
    workers accept the connections that it has not accepted.
    """
    # asyncio resolves the host and sets the socket options, as it does for its own servers.
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    try:
        bound = [socket.socket(fileno=socket.dup(each.fileno())) for each in server.sockets]
    finally:
        server.close()
    for each in bound:
        each.listen(_BACKLOG)
    return bound
