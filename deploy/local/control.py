"""The unix socket through which other terminals speak to the running stack.

Asked with a number in a line, it answers with lines of JSON: `{"told": …}` for whatever happens,
at last `{"failed": …}` or `{"done": true}`.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path

from deploy.local.instances import ScaleError

_NAME = "control.sock"
_QUESTION_SECONDS = 2.0
_TELL_SECONDS = 2.0
_ANSWER_SECONDS = 120.0  # for a line: an instance may take 45 s to be ready, a start before it too

Scale = Callable[[int], AsyncGenerator[str]]


class NoStackError(Exception):
    """No stack that is ready has its data in this folder."""


class _AskerGoneError(Exception):
    """Who asked waits for no answer any more."""


async def serve(data: Path, scale: Scale) -> None:
    """Do what is asked, one after the other, until cancelled; only this user may ask.

    Where the one who asked goes away, what is under way is finished, and what is left is not begun.
    """
    loop = asyncio.get_running_loop()
    with _listening(data) as server:
        while True:
            connection, _ = await loop.sock_accept(server)
            reader, writer = await asyncio.open_unix_connection(sock=connection)
            try:
                with suppress(_AskerGoneError):
                    await _answer(writer, scale(await _question(reader)))
            finally:
                writer.close()


async def _question(reader: asyncio.StreamReader) -> int:
    try:
        async with asyncio.timeout(_QUESTION_SECONDS):
            return int(await reader.readline())
    except (OSError, ValueError) as error:
        raise _AskerGoneError from error


async def _answer(writer: asyncio.StreamWriter, happening: AsyncGenerator[str]) -> None:
    try:
        async with aclosing(happening):
            async for line in happening:
                await _tell(writer, {"told": line})
    except ScaleError as error:
        await _tell(writer, {"failed": str(error)})
    else:
        await _tell(writer, {"done": True})


async def _tell(writer: asyncio.StreamWriter, line: dict[str, str | bool]) -> None:
    writer.write(json.dumps(line).encode() + b"\n")
    try:
        async with asyncio.timeout(_TELL_SECONDS):
            await writer.drain()
    except OSError as error:
        raise _AskerGoneError from error


def ask(data: Path, count: int) -> Iterator[str]:
    """Ask the running stack for so many instances; yields what happens, as it does.

    Raises `NoStackError`, or `ScaleError` with the reason.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        try:
            with _address(data) as address:
                connection.connect(address)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NoStackError(f"no stack is ready with its data in {data}: `make run`") from error
        try:
            connection.sendall(b"%d\n" % count)
            yield from _lines(connection)
        except OSError as error:
            raise ScaleError(f"the stack does not answer: {error}") from error


def _lines(connection: socket.socket) -> Iterator[str]:
    with connection.makefile() as answer:
        for line in answer:
            match json.loads(line):
                case {"told": str(told)}:
                    yield told
                case {"failed": str(reason)}:
                    raise ScaleError(reason)
                case _:
                    return
    raise ScaleError("the stack was stopped meanwhile")


@contextmanager
def _listening(data: Path) -> Iterator[socket.socket]:
    path = data / _NAME
    path.unlink(missing_ok=True)  # of a run that was killed: the folder is ours alone
    with socket.socket(socket.AF_UNIX) as server, _address(data) as address:
        server.setblocking(False)
        server.bind(address)
        path.chmod(0o600)  # before anyone can connect
        server.listen()
        try:
            yield server
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _address(data: Path) -> Iterator[str]:
    # Through the folder's descriptor: a socket's path may have 107 characters, a folder's more.
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{_NAME}"
    finally:
        os.close(folder)
