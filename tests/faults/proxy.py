"""A TCP proxy in front of an instance, which can delay and break the links through it."""

import asyncio
import itertools
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from deploy.local.ports import HOST

_CHUNK_BYTES = 64 * 1024
_MAX_DELAYED_CHUNKS = 1_000
#: With this option, the kernel ends a closed connection by RST, and not by FIN.
_RESET = socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)


class Way:
    """One direction of a proxy. Delayed bytes arrive complete and in order, as TCP guarantees."""

    def __init__(self) -> None:
        self.replaced = b"", b""
        """Bytes to replace, and the same number of bytes to put in their place."""
        self._delay_seconds = 0.0
        self._is_open = asyncio.Event()
        self._is_open.set()

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        """Delay all bytes by this time. The throughput stays the same."""
        self._delay_seconds = seconds
        try:
            yield
        finally:
            self._delay_seconds = 0.0

    @contextmanager
    def blackholed(self) -> Iterator[None]:
        """Hold back all bytes. If an end closes a connection, hide this from the other end, too."""
        self._is_open.clear()
        try:
            yield
        finally:
            self._is_open.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward bytes from `reader` to `writer` until the end of the connection that it reads."""
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_MAX_DELAYED_CHUNKS)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(reader, chunks))
            tasks.create_task(self._write(chunks, writer))

    async def _read(
        self, reader: asyncio.StreamReader, chunks: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            chunk = b""
            with suppress(OSError):  # after a reset, forward an ordinary end of the connection
                chunk = await reader.read(_CHUNK_BYTES)
            if self.replaced[0]:
                chunk = chunk.replace(*self.replaced)
            await chunks.put((now() + self._delay_seconds, chunk))
            if not chunk:
                return

    async def _write(
        self, chunks: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due, chunk = await chunks.get()
            await asyncio.sleep(max(0.0, due - now()))
            await self._is_open.wait()
            if not chunk:
                writer.close()
                return
            with suppress(OSError):
                writer.write(chunk)
                await writer.drain()


class Proxy:
    """Owns the connections through `port`: `there` leads to the target, `back` from it."""

    def __init__(self, port: int, target_port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.there, self.back = Way(), Way()
        self._port = port
        self._target_port = target_port
        self._carrying: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._server: asyncio.Server | None = None
        self._refusing = 0

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
        """Reset all connections (TCP RST), and refuse new ones until the context ends."""
        for end in itertools.chain(*self._carrying.values()):
            with suppress(OSError):  # it is closed already
                end.get_extra_info("socket").setsockopt(*_RESET)
        await self.refuse()
        try:
            yield
        finally:
            await self.accept()

    async def refuse(self) -> None:
        """Close all connections (TCP FIN), and refuse new ones until `accept` undoes each call."""
        self._refusing += 1
        await self._close()

    async def accept(self) -> None:
        """Undo one call of `refuse`. Accept connections again once all calls are undone."""
        self._refusing -= 1
        if not self._refusing:
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
        # Create the task here: `_close` could not cancel a task that asyncio creates.
        ends = [writer]
        task = asyncio.create_task(self._carry(reader, ends))
        self._carrying[task] = ends
        task.add_done_callback(self._carrying.pop)

    async def _carry(self, reader: asyncio.StreamReader, ends: list[asyncio.StreamWriter]) -> None:
        (writer,) = ends
        try:
            target_reader, target_writer = await asyncio.open_connection(HOST, self._target_port)
            ends.append(target_writer)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self.there.carry(reader, target_writer))
                ways.create_task(self.back.carry(target_reader, writer))
        except OSError:
            pass  # nothing listens at the target, so abort the connection
        finally:
            for end in ends:
                end.transport.abort()


class KafkaProxy(Proxy):
    """A proxy in front of a Kafka broker. It replaces the broker's address in Kafka's answers.

    So clients use the proxy even when they connect to an address that Kafka sent.
    """

    def __init__(self, port: int, kafka_bootstrap: str) -> None:
        host, _, kafka_port = kafka_bootstrap.partition(":")
        super().__init__(port, int(kafka_port))
        self.bootstrap = f"{host}:{port}"
        # Kafka's answers name the broker by its host, followed by its port in four bytes.
        self.back.replaced = (
            host.encode() + int(kafka_port).to_bytes(4),
            host.encode() + port.to_bytes(4),
        )


class KafkaLink(KafkaProxy):
    """The only way from a test's programs to Kafka. While it is stopped, Kafka seems to be down.

    A restart of Kafka costs seconds of CPU time. Most tests of an outage can do without one.
    """

    async def start(self) -> None:
        """Accept connections. Kafka seems to be up."""
        await self._open()

    async def stop(self) -> None:
        """Close all connections, and refuse new ones. Kafka seems to be down."""
        await self._close()
