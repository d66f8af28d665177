"""Sends requests to the running stack, through the socket of `control`."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path

from deploy.local import control

#: The longest wait for a line of the answer. An instance may take 45 s to become ready, and an
#: earlier request may still be in progress.
_ANSWER_SECONDS = 120.0


class NoStackError(Exception):
    """The stack is not running, or does not answer. The message says what to do."""


class FailedError(Exception):
    """The stack did not do what was requested. The last line of the answer says why."""


class Request:
    """One request. `lines` yields its answer. `release` ends a request that lasts until then."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def opened(cls, data: Path, words: str) -> AsyncIterator["Request"]:
        """Send a request to the stack with this data folder. Raises `NoStackError`."""
        try:
            with _short_path(data) as folder:
                reader, writer = await asyncio.open_unix_connection(folder / control.SOCKET)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NoStackError(f"no stack that uses {data} is ready; start `make run`") from None
        except OSError as error:
            raise NoStackError(f"the stack does not answer: {error}") from error
        try:
            writer.write(f"{words}\n".encode())
            yield cls(reader, writer)
        finally:
            writer.close()

    async def lines(self) -> AsyncGenerator[str]:
        """Yield the lines of the answer. Raises `NoStackError` and `FailedError`."""
        while line := await self._line():
            match line.rstrip("\n"):
                case control.DONE:
                    return
                case control.FAILED:
                    raise FailedError
                case step:
                    yield step
        raise NoStackError("the stack was stopped")

    def release(self) -> None:
        """End a request that lasts as long as its client wants."""
        self._writer.write_eof()

    async def _line(self) -> str:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return (await self._reader.readline()).decode()
        except OSError as error:
            raise NoStackError(f"the stack does not answer: {error!r}") from error


@contextmanager
def _short_path(folder: Path) -> Iterator[Path]:
    """Return a short path of the folder: a socket's path can have at most 107 characters."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


async def ask(data: Path, words: str) -> list[str]:
    """Send a request, and return the lines of the answer. Raises the same errors as `Request`."""
    async with Request.opened(data, words) as request, aclosing(request.lines()) as lines:
        return [line async for line in lines]
