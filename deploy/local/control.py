"""The Unix socket through which `make scale` and `make tour` change the running stack.

A request is one line: a verb and its argument, such as `scale 3`. The answer is lines of text for
people. Its last line is `DONE` or `FAILED`, unless the stack stops first.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, closing, contextmanager
from pathlib import Path

from deploy.local.instances import RefusedError

#: Relative to the data folder, which must be the working directory. The path of a socket can have
#: at most 107 characters, so an absolute one could be too long.
SOCKET = Path("control.sock")
#: They begin with NUL, so that no line for people can be mistaken for them.
DONE, FAILED = "\0done", "\0failed"
_CLIENT_SECONDS = 2.0
_REQUEST_BYTES = 64

#: Waits until the client has closed its side of the connection.
Released = Callable[[], Awaitable[None]]
#: Carries out the request with this argument, and yields a line for each step. A request that lasts
#: until its client releases it awaits the second argument.
Command = Callable[[str, Released], AsyncGenerator[str]]


async def serve(commands: Mapping[str, Command]) -> None:
    """Carry out one request after another until cancelled. Only this user may connect.

    `commands` has the commands by verb. If a client disconnects, the current step is finished,
    and no further step is started.
    """
    with _listening() as server:
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(server)
            with closing(client):
                client.setblocking(False)
                await _answer(client, commands)


async def _answer(client: socket.socket, commands: Mapping[str, Command]) -> None:
    loop = asyncio.get_running_loop()

    async def released() -> None:
        try:
            while await loop.sock_recv(client, _REQUEST_BYTES):
                pass
        except OSError:
            return

    try:
        async with asyncio.timeout(_CLIENT_SECONDS):
            verb, argument = (await loop.sock_recv(client, _REQUEST_BYTES)).decode().split()
            steps = commands[verb](argument, released)
    except (OSError, ValueError, KeyError):
        return
    await _carry_out(client, verb, steps)


async def _carry_out(client: socket.socket, verb: str, steps: AsyncGenerator[str]) -> None:
    try:
        async with aclosing(steps):
            async for step in steps:
                if not await _sent(client, step):
                    break
    except RefusedError as error:
        # The steps may also raise this when they are closed because their client has gone.
        ending = [f"cannot {verb}: {error}", FAILED]
    else:
        ending = [DONE]
    for line in ending:
        if not await _sent(client, line):
            return


async def _sent(client: socket.socket, line: str) -> bool:
    """Send a line. Return False if the client has gone, or does not read."""
    try:
        async with asyncio.timeout(_CLIENT_SECONDS):
            await asyncio.get_running_loop().sock_sendall(client, f"{line}\n".encode())
    except OSError:
        return False
    return True


@contextmanager
def _listening() -> Iterator[socket.socket]:
    SOCKET.unlink(missing_ok=True)  # a killed run leaves its socket behind
    with socket.socket(socket.AF_UNIX) as server:
        server.setblocking(False)
        server.bind(str(SOCKET))
        SOCKET.chmod(0o600)  # before `listen`, so that no other user can connect
        server.listen()
        try:
            yield server
        finally:
            SOCKET.unlink(missing_ok=True)
