"""Callers of an HTTP API that need little CPU time, so that more is left for the server.

Each caller has its own connection. While the callers run, they measure the CPU time of other
processes.

`call` runs the callers in their own process, `python -m tests.bench.http_callers`, which reads JSON
from its standard input and writes its figures as JSON.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from tests.bench.live.cpu import cpu_seconds

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Calls:
    """The request, the number of callers, and the duration. `warm_up` is not measured."""

    port: int
    path: str
    body: str
    token: str
    callers: int
    seconds: float
    warm_up: float = 0.5
    keyed: bool = False
    """Whether each request gets an idempotency key of its own."""
    pids: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """The processes whose CPU time is measured. Several pids may share a name."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The responses per second, and the response times in milliseconds, sorted."""

    per_second: float
    times: list[float]
    cpu_us: dict[str, float]
    """µs of CPU time (user and system) for each response, by the names of `Calls.pids`."""


async def call(calls: Calls) -> Figures:
    """Run the callers in their own process and return its figures."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.http_callers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # With PYTHONUNBUFFERED, the process would call write() only once, and lose the part of its
        # output that does not fit into the pipe.
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    try:
        async with asyncio.timeout(calls.warm_up + calls.seconds + _MARGIN_SECONDS):
            output, _ = await process.communicate(json.dumps(asdict(calls)).encode())
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"tests.bench.http_callers exited with {process.returncode}")
    return Figures(**json.loads(output))


class _Caller(asyncio.Protocol):
    """Sends a request after each response, as long as `should_continue` returns True.

    `request` returns the bytes to send. `should_continue` gets the time of the last send.
    """

    def __init__(
        self, request: Callable[[], bytes], should_continue: Callable[[float], bool]
    ) -> None:
        self._request = request
        self._should_continue = should_continue
        self._buffer = b""
        self._began = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is not a subclass of asyncio's, but has the same methods.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_exception(error or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not found or not length or len(rest) < int(length[1]):
            return
        if not head.startswith(b"HTTP/1.1 20"):
            self.closed.set_exception(RuntimeError(self._buffer.decode()))
            return
        self._buffer = b""
        if self._should_continue(self._began):
            self._send()
        else:
            self.closed.set_result(None)
            self._transport.close()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request())


class _CpuTime:
    """The CPU time for each response, between `begin` and `end`."""

    def __init__(self, pids: Mapping[str, Sequence[int]]) -> None:
        self._pids = pids
        self._before: dict[str, float] = {}
        self._is_open = False
        self._answered = 0
        self.us: dict[str, float] = {}

    def begin(self) -> None:
        self._before = self._now()
        self._is_open = True

    def end(self) -> None:
        self._is_open = False
        for name, seconds in self._now().items():
            self.us[name] = (seconds - self._before[name]) / max(self._answered, 1) * 1e6

    def answered(self) -> None:
        self._answered += self._is_open

    def _now(self) -> dict[str, float]:
        return {name: sum(map(cpu_seconds, pids)) for name, pids in self._pids.items()}


async def _run(calls: Calls) -> Figures:
    loop = asyncio.get_running_loop()
    cpu = _CpuTime(calls.pids)
    loop.call_later(calls.warm_up, cpu.begin)
    loop.call_later(calls.warm_up + calls.seconds, cpu.end)
    measured_from = time.perf_counter() + calls.warm_up
    end = measured_from + calls.seconds
    times: list[float] = []
    head = (
        f"POST {calls.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {calls.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(calls.body.encode())}\r\n"
    )
    sent = 0

    def request() -> bytes:
        nonlocal sent
        sent += 1
        key = f'Idempotency-Key: "{end}-{sent}"\r\n' if calls.keyed else ""
        return f"{head}{key}\r\n{calls.body}".encode()

    def should_continue(sent_at: float) -> bool:
        cpu.answered()
        now = time.perf_counter()
        if measured_from <= sent_at and now <= end:
            times.append((now - sent_at) * 1000)
        return now < end

    callers = [
        (
            await loop.create_connection(
                lambda: _Caller(request, should_continue), "127.0.0.1", calls.port
            )
        )
        for _ in range(calls.callers)
    ]
    await asyncio.gather(*(caller.closed for _, caller in callers))
    if calls.pids and not cpu.us:
        cpu.end()  # the last response was handled just before the timer of `cpu.end`
    return Figures(len(times) / calls.seconds, sorted(times), cpu.us)


if __name__ == "__main__":
    uvloop.install()
    figures = asyncio.run(_run(Calls(**json.load(sys.stdin))))
    sys.stdout.write(json.dumps(asdict(figures)))
