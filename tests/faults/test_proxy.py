"""The proxy ends connections as the tests that use it mean."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from deploy.local.ports import HOST
from tests.faults.proxy import KafkaLink

_Ends = list[asyncio.StreamReader]


@asynccontextmanager
async def _two_ends(link: KafkaLink, port: int) -> AsyncIterator[_Ends]:
    """Connect through the link, and yield the readers of both ends when bytes have passed."""
    accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(lambda *end: accepted.put_nowait(end), HOST, port)
    async with server, link.running():
        reader, writer = await asyncio.open_connection(*link.bootstrap.split(":"))
        writer.write(b"?")
        there, back = await accepted.get()
        assert await there.readexactly(1) == b"?"
        yield [reader, there]
        for end in (writer, back):
            end.close()


async def test_a_cut_resets_both_ends(ports: Iterator[int]) -> None:
    port = next(ports)
    link = KafkaLink(next(ports), f"{HOST}:{port}")
    async with _two_ends(link, port) as ends, link.cut():
        for end in ends:
            with pytest.raises(ConnectionResetError):
                await end.read()


async def test_a_stopped_link_closes_both_ends(ports: Iterator[int]) -> None:
    port = next(ports)
    link = KafkaLink(next(ports), f"{HOST}:{port}")
    async with _two_ends(link, port) as ends:
        await link.stop()
        for end in ends:
            assert await end.read() == b""
