"""How long an instance's event loop was blocked, measured from inside and from outside."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.services.program import Program, Samples

_EVERY_SECONDS = 0.01
_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_BUCKET = re.compile(r'delivery_event_loop_lag_seconds_bucket\{le="([^"]+)"\}')


class LoopProbe:
    """Asks an instance every 10 ms whether it is alive, one request at a time.

    The program's own metric samples the loop's lag four times a second, so it can miss a short
    block. Every block delays an answer, but so do other programs that the machine runs.
    """

    def __init__(self, before: Samples) -> None:
        self._before = before
        self._longest = 0.0
        self.figures: dict[str, float] = {}

    @classmethod
    @asynccontextmanager
    async def on(cls, program: Program) -> AsyncIterator["LoopProbe"]:
        """Probe the program until the context ends, and then set `figures`."""
        probe = cls(await program.samples())
        host, _, port = program.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(probe._ask(reader, writer))
            yield probe
            asking.cancel()
        writer.close()
        probe.figures = {
            "longest_answer_ms": probe._longest * 1000,
            "loop_lag_at_most_ms": probe._bound(await program.samples()) * 1000,
        }

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            began = time.perf_counter()
            writer.write(_REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            self._longest = max(self._longest, time.perf_counter() - began)
            await asyncio.sleep(_EVERY_SECONDS)

    def _bound(self, after: Samples) -> float:
        """Return the bound of the lowest bucket that contains all samples since the start."""
        counts = {
            float(match[1]): value - self._before.get(name, 0.0)
            for name, value in after.items()
            if (match := _BUCKET.fullmatch(name))
        }
        total = counts[float("inf")]
        return min(bound for bound, count in counts.items() if count == total)
