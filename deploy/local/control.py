"""The Unix socket through which `make scale` changes the number of instances in a running stack.

The request is one line with the number of instances. The answer is lines of text for people. Its
last line is `DONE` or `FAILED`, unless the stack stops first.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing, contextmanager
from pathlib import Path

from deploy.local.instances import ScaleError

#: Relative to the data folder, which must be the working directory. The path of a socket can have
#: at most 107 characters, so an absolute one could be too long.
SOCKET = Path("control.sock")
#: They begin with NUL, because no line for people does.
DONE, FAILED = "\0done", "\0failed"
_CLIENT_SECONDS = 2.0
_REQUEST_BYTES = 16

Scale = Callable[[int], AsyncGenerator[str]]


async def serve(scale: Scale) -> None:
    """Carry out one request after another until cancelled. Only this user may connect.

    If a client disconnects, the current step is finished, and no further step is started.
    """
    with _listening() as server:
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(server)
            with closing(client):
                client.setblocking(False)
                await _answer(client, scale)


async def _answer(client: socket.socket, scale: Scale) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_CLIENT_SECONDS):
            count = int(await loop.sock_recv(client, _REQUEST_BYTES))
    except (OSError, ValueError):
        return
    async with aclosing(_lines(scale(count))) as lines:
        async for line in lines:
            try:
                async with asyncio.timeout(_CLIENT_SECONDS):
                    await loop.sock_sendall(client, f"{line}\n".encode())
            except OSError:
                return


async def _lines(steps: AsyncGenerator[str]) -> AsyncGenerator[str]:
    try:
        async with aclosing(steps):
            async for step in steps:
                yield step
    except ScaleError as error:
        yield f"cannot scale: {error}"
        yield FAILED
    else:
        yield DONE


@contextmanager
def _listening() -> Iterator[socket.socket]:
    SOCKET.unlink(missing_ok=True)  # a killed run leaves it behind
    with socket.socket(socket.AF_UNIX) as server:
        server.setblocking(False)
        server.bind(str(SOCKET))
        SOCKET.chmod(0o600)  # before `listen`, so that no other user can connect
        server.listen()
        try:
            yield server
        finally:
            SOCKET.unlink(missing_ok=True)
