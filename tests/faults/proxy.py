"""A TCP proxy in front of an instance, which can break the links through it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from deploy.local.ports import HOST

_CHUNK_BYTES = 64 * 1024
_CHUNKS_ON_THE_WAY = 1_000


class Way:
    """One direction. Delayed bytes arrive later, complete and in order, as TCP promises."""

    def __init__(self) -> None:
        self._delay_seconds = 0.0
        self._is_open = asyncio.Event()
        self._is_open.set()

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        """Delay all bytes by this time. The throughput stays."""
        self._delay_seconds = seconds
        try:
            yield
        finally:
            self._delay_seconds = 0.0

    @contextmanager
    def blackholed(self) -> Iterator[None]:
        """Hold back all bytes and all ends of connections. The connections stay open."""
        self._is_open.clear()
        try:
            yield
        finally:
            self._is_open.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward bytes until one end is gone."""
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS_ON_THE_WAY)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(reader, on_the_way))
            tasks.create_task(self._give(on_the_way, writer))

    async def _take(
        self, reader: asyncio.StreamReader, on_the_way: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            chunk = b""
            with suppress(OSError):  # for the other end, a reset is the same as an end
                chunk = await reader.read(_CHUNK_BYTES)
            await on_the_way.put((now() + self._delay_seconds, chunk))
            if not chunk:
                return

    async def _give(
        self, on_the_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, chunk = await on_the_way.get()
            await asyncio.sleep(max(0.0, due - now()))
            await self._is_open.wait()
            if not chunk:
                writer.close()
                return
            with suppress(OSError):
                writer.write(chunk)
                await writer.drain()


class Proxy:
    """Owns the connections from `port` to the target; `there` leads to it, `back` from it."""

    def __init__(self, port: int, target_port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.there, self.back = Way(), Way()
        self._port = port
        self._target_port = target_port
        self._carrying: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Accept connections until the context ends."""
        await self._open()
        try:
            yield
        finally:
            await self._close()

    @asynccontextmanager
    async def cut(self) -> AsyncIterator[None]:
        """Reset all connections, and refuse new ones until the context ends."""
        await self._close()
        try:
            yield
        finally:
            await self._open()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, self._port)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        carrying = list(self._carrying)
        for task in carrying:
            task.cancel()
        if carrying:
            await asyncio.wait(carrying)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: `_close` could not cancel the one that asyncio would create.
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            target_reader, target_writer = await asyncio.open_connection(HOST, self._target_port)
            ends.append(target_writer)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self.there.carry(reader, target_writer))
                ways.create_task(self.back.carry(target_reader, writer))
        except OSError:
            pass  # nothing listens at the target: refuse, as without the proxy
        finally:
            for end in ends:
                end.transport.abort()
