"""Relays connections between two instances, and can silently drop what they carry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Relay:
    """Owns the connections through the relay. A cut affects only the current ones."""

    def __init__(self, port: int, to_port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._port = port
        self._to_port = to_port
        self._generation = 0
        self._cut: dict[str, int] = {}
        self._writers: list[asyncio.StreamWriter] = []

    def cut(self, *directions: str) -> None:
        """Drop what the current connections carry `to_owner` or `to_edge`, without closing them."""
        self._generation += 1
        for direction in directions:
            self._cut[direction] = self._generation

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Relay connections inside the `with` block."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        try:
            yield
        finally:
            server.close()
            for writer in self._writers:
                writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        generation = self._generation
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.close()
            return
        self._writers += writer, to_writer
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pump(reader, to_writer, "to_owner", generation))
            tasks.create_task(self._pump(to_reader, writer, "to_edge", generation))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        direction: str,
        generation: int,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self._cut.get(direction, 0) <= generation:
                    writer.write(data)
                    await writer.drain()
        if self._cut.get(direction, 0) <= generation:
            writer.close()
