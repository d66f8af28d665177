"""Callers of an HTTP API that cost next to nothing, each with a connection of its own.

`python -m tests.bench.callers <json>` is their process; `call` starts it and reads its figures.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_MARGIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Calls:
    """What is asked, by how many callers and for how long; the first `warm_up` is not counted."""

    port: int
    path: str
    body: str
    token: str
    callers: int
    seconds: float
    warm_up: float = 0.5
    keyed: bool = False
    """Whether each request has an idempotency key of its own."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it; times in milliseconds, sorted."""

    per_second: float
    times: list[float]


async def call(calls: Calls) -> Figures:
    """Run it in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.bench.callers"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(calls.warm_up + calls.seconds + _MARGIN_SECONDS):
            output, _ = await process.communicate(json.dumps(asdict(calls)).encode())
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError("the callers failed")
    return Figures(**json.loads(output))


class _Caller(asyncio.Protocol):
    """Asks again once it is answered, while `answered` says so; `request` makes the bytes."""

    def __init__(self, request: Callable[[], bytes], answered: Callable[[float], bool]) -> None:
        self._request = request
        self._answered = answered
        self._buffer = b""
        self._began = 0.0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # not one by class: uvloop's
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_exception(error or ConnectionError("the server closed"))

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
        if self._answered(self._began):
            self._ask()
        else:
            self.closed.set_result(None)
            self._transport.close()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._request())


async def _run(calls: Calls) -> Figures:
    counted_from = time.perf_counter() + calls.warm_up
    end = counted_from + calls.seconds
    times: list[float] = []
    head = (
        f"POST {calls.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {calls.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(calls.body.encode())}\r\n"
    )
    asked = 0

    def request() -> bytes:
        nonlocal asked
        asked += 1
        key = f'Idempotency-Key: "{end}-{asked}"\r\n' if calls.keyed else ""
        return f"{head}{key}\r\n{calls.body}".encode()

    def answered(began: float) -> bool:
        now = time.perf_counter()
        if counted_from <= began and now <= end:
            times.append((now - began) * 1000)
        return now < end

    loop = asyncio.get_running_loop()
    callers = [
        (await loop.create_connection(lambda: _Caller(request, answered), "127.0.0.1", calls.port))
        for _ in range(calls.callers)
    ]
    await asyncio.gather(*(caller.closed for _, caller in callers))
    return Figures(len(times) / calls.seconds, sorted(times))


if __name__ == "__main__":
    uvloop.install()
    figures = asyncio.run(_run(Calls(**json.load(sys.stdin))))
    sys.stdout.write(json.dumps(asdict(figures)))
