"""Binds the address of a program with several workers."""

import asyncio
import socket

_BACKLOG = 2048


async def listeners_at(host: str, port: int) -> list[socket.socket]:
    """Listen at all addresses of the host, and accept nothing. Raises `OSError`.

    Clients that connect before the first worker is there wait. While a worker ends, those that it
    has not accepted go to the others.
    """
    # asyncio resolves the host, and sets the options of the sockets, as for a server of its own.
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    try:
        bound = [socket.socket(fileno=socket.dup(each.fileno())) for each in server.sockets]
    finally:
        server.close()
    for each in bound:
        each.listen(_BACKLOG)
    return bound
