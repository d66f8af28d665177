"""The process that runs the clients: `python -m tests.bench.live.clients`, started by `Crowd`.

Each user has one Socket.IO 5 connection, which acknowledges each event without decoding its JSON.
The process reads commands as JSON lines from its standard input, and ends when that is closed. It
writes JSON lines to its standard output. A line with an object is the answer to a command. A line
with a list reports acks: the number of events so far, and a list with a user's number for each
notification acknowledged since the last report.
"""

import asyncio
import gc
import logging
import random
import statistics
import sys
import time
from typing import Any, TextIO

import orjson
import uvloop
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tests.services.tokens import shopper_token

_PATH = "/socket.io/?EIO=4&transport=websocket"
_AT_ONCE = 100
_HANDSHAKE_SECONDS = 60.0
_RETRY_SECONDS = 0.2
# All acks within this time are reported together. The delay is not part of the latency, which is
# measured at the ack.
_REPORT_SECONDS = 0.002
_COMMAND_BYTES = 2**24
_SENT = b'"sent":'


class _Clients:
    """All clients, and what they have acknowledged. Latencies and gaps begin at `measure`."""

    def __init__(self, output: TextIO) -> None:
        self._output = output
        self._clients: list[_Client] = []
        self._events = 0
        self._acked: list[int] = []
        self.is_timed = False
        self.reconnects = 0
        self._latencies: list[float] = []
        self._last: dict[int, float] = {}
        self._longest_gap = 0.0
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def run(self, commands: asyncio.StreamReader) -> None:
        """Carry out the commands until the input is closed."""
        while line := await commands.readline():
            command = orjson.loads(line)
            answer = await getattr(self, f"_{command.pop('do')}")(**command)
            self._write(answer)

    def note(self, number: int, event: bytes) -> None:
        """Note an event that this user has just acknowledged."""
        if not self._acked:
            asyncio.get_running_loop().call_later(_REPORT_SECONDS, self._report)
        self._events += 1
        self._acked.extend([number] * event.count(b'"delivered_at":'))
        if self.is_timed:
            self._time(number, event)

    def _time(self, number: int, event: bytes) -> None:
        now = time.time()
        begin = event.rindex(_SENT) + len(_SENT)
        self._latencies.append(now - float(event[begin : event.index(b"}", begin)]))
        self._longest_gap = max(self._longest_gap, now - self._last.get(number, now))
        self._last[number] = now

    def _report(self) -> None:
        self._write([self._events, self._acked])
        self._acked = []

    def _write(self, value: Any) -> None:
        self._output.write(orjson.dumps(value).decode() + "\n")
        self._output.flush()

    async def _connect(self, urls: list[str], users: list[str]) -> dict[str, float]:
        began = time.perf_counter()
        self._clients = [
            _Client(self, number, user, urls[number % len(urls)].replace("http", "ws", 1) + _PATH)
            for number, user in enumerate(users)
        ]
        await asyncio.gather(*(self.open(client) for client in self._clients))
        gc.freeze()  # otherwise, each garbage collection would scan all clients
        return {"connected_s": time.perf_counter() - began}

    async def _reconnect(self, within: float) -> dict[str, float]:
        """Cut all connections, and open each again at a random time within this many seconds."""
        began = time.perf_counter()
        for client in self._clients:
            client.cut()
        await asyncio.gather(
            *(self.open(client, random.uniform(0, within)) for client in self._clients)  # noqa: S311
        )
        return {"connected_s": time.perf_counter() - began}

    async def _measure(self) -> dict[str, float]:
        """Start to measure latencies and gaps, and forget earlier ones."""
        self.is_timed, self.reconnects = True, 0
        self._latencies = []
        self._longest_gap = 0.0
        self._last = dict.fromkeys(self._last, time.time())
        return {}

    async def _figures(self) -> dict[str, float]:
        now = time.time()
        gaps = [self._longest_gap, *(now - last for last in self._last.values())]
        percentiles = statistics.quantiles(self._latencies, n=100)
        return {
            "p50_ms": percentiles[49] * 1000,
            "p99_ms": percentiles[98] * 1000,
            "longest_gap_s": max(gaps),
            "reconnects": self.reconnects,
        }

    async def open(self, client: "_Client", delay: float = 0.0) -> None:
        """Connect a client. Retry until it is connected, as a browser does."""
        while True:
            await asyncio.sleep(delay)
            try:
                async with self._slots:
                    await client.connect()
            except (WSError, OSError, TimeoutError):
                delay = _RETRY_SECONDS * random.uniform(1, 2)  # noqa: S311
            else:
                return


class _Client(WSListener):
    """A user's connection. When the server ends it, the client opens another one."""

    def __init__(self, clients: _Clients, number: int, user: str, url: str) -> None:
        self._clients = clients
        self._number = number
        self._url = url
        self._hello = b'40{"token":"%s"}' % shopper_token(user).encode()
        self._transport: WSTransport | None = None
        self._accepted: asyncio.Future[None] | None = None
        self._opening: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open a connection, and wait until the server has accepted the token."""
        self._accepted = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            await ws_connect(lambda: self, self._url, websocket_handshake_timeout=None)
            await self._accepted

    def cut(self) -> None:
        """End the connection without a close frame, as a lost network does."""
        if transport := self._transport:
            self._transport = None
            transport.disconnect(graceful=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        text = frame.get_payload_as_bytes()
        if not text.startswith(b"42"):
            self._obey(transport, frame, text)
        elif ack_id := text[2:14].partition(b"[")[0]:
            transport.send(WSMsgType.TEXT, b"43%b[]" % ack_id)
            self._clients.note(self._number, text)

    def _obey(self, transport: WSTransport, frame: WSFrame, text: bytes) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
        elif text == b"2":
            transport.send(WSMsgType.TEXT, b"3")
        elif text.startswith(b"0"):
            transport.send(WSMsgType.TEXT, self._hello)
        elif text.startswith(b"40"):
            if self._accepted and not self._accepted.done():
                self._accepted.set_result(None)
        elif text.startswith((b"1", b"41", b"44")):
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._accepted and not self._accepted.done():
            self._accepted.set_exception(ConnectionResetError("ended before it was accepted"))
        elif transport is self._transport:
            self._transport = None
            self._clients.reconnects += 1
            self._opening = asyncio.create_task(self._clients.open(self, _RETRY_SECONDS))


async def _main() -> None:
    # picows logs each connection that ends; the figures count them.
    logging.getLogger("picows").setLevel(logging.CRITICAL)
    commands = asyncio.StreamReader(limit=_COMMAND_BYTES)
    protocol = asyncio.StreamReaderProtocol(commands)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    await _Clients(sys.stdout).run(commands)


if __name__ == "__main__":
    uvloop.run(_main())
