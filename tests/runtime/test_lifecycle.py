"""The life of a process: its parts stop in order, and if one fails, the process ends."""

import asyncio
import logging
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest

from runtime import lifecycle as process
from runtime.http_server import HttpServer
from runtime.lifecycle import Program, live


class Steps:
    """A program that records its steps."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.working = asyncio.Event()
        self.server = HttpServer(_no_app, "127.0.0.1", 0, lifespan="off")

    async def work(self) -> None:
        self.working.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.taken.append("work ended")

    def step(self, name: str) -> Callable[[], Any]:
        async def take() -> None:
            serving = self.server.started and not self.server.should_exit
            self.taken.append(f"{name} while serving" if serving else name)

        return take

    def program(self, **changes: Any) -> Program:
        steps = {name: self.step(name) for name in ("drain", "flush", "close")}
        parts = {"server": self.server, "background": {"work": self.work}, **steps, **changes}
        return Program(**parts)


async def _no_app(_scope: Any, _receive: Any, _send: Any) -> None:
    """Do nothing, because the test sends no request."""


async def _dies() -> NoReturn:
    raise RuntimeError("a bug")


@asynccontextmanager
async def _living(steps: Steps, program: Program) -> AsyncIterator[asyncio.Task[int]]:
    living = asyncio.create_task(live(program))
    async with asyncio.timeout(10):
        await steps.working.wait()
        while not steps.server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield living


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_program_in_order(number: signal.Signals) -> None:
    steps = Steps()
    async with _living(steps, steps.program()) as living:
        signal.raise_signal(number)
        assert await living == 0
    assert steps.taken == ["drain while serving", "flush", "work ended", "close"]


async def test_a_part_that_dies_ends_the_program_without_a_drain(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps = Steps()
    program = steps.program(background={"work": steps.work, "dying": _dies})
    async with asyncio.timeout(10):
        assert await live(program) == 1
    assert steps.taken == ["work ended", "close"]
    [record] = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert record.getMessage() == "background task died"
    assert "a bug" in logging.Formatter().format(record)


async def test_a_part_that_is_cancelled_from_inside_ends_the_program(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """This happens if aiokafka raises the cancellation of one of its own tasks."""
    steps = Steps()

    async def cancelled() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    program = steps.program(background={"work": steps.work, "cancelled": cancelled})
    async with asyncio.timeout(10):
        assert await live(program) == 1
    assert steps.taken == ["work ended", "close"]
    assert "cancelled from inside" in caplog.text


_HANGING = """
import asyncio, signal, threading
from runtime import lifecycle
from runtime.http_server import HttpServer

async def swallow_cancellations():
    signal.raise_signal(signal.SIGTERM)
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def leave_a_thread():
    signal.raise_signal(signal.SIGTERM)
    threading.Thread(target=threading.Event().wait).start()

async def nothing(*_):
    pass

def start():
    server = HttpServer(nothing, "127.0.0.1", 0, lifespan="off")
    return lifecycle.Program(server, {"work": WORK}, close=nothing)

lifecycle._STOP_SECONDS = 0.5
raise SystemExit(lifecycle.run(start))
"""


@pytest.mark.parametrize("work", ["swallow_cancellations", "leave_a_thread"])
async def test_a_program_that_does_not_stop_is_ended_by_force(work: str) -> None:
    script = _HANGING.replace("WORK", work)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stderr=PIPE)
    async with asyncio.timeout(20):
        _, log = await process.communicate()
    assert process.returncode == 1
    assert "stop took too long" in log.decode()


async def test_a_part_that_dies_during_the_drain_ends_the_drain() -> None:
    steps = Steps()
    draining = asyncio.Event()

    async def drain() -> None:
        draining.set()
        await asyncio.Event().wait()

    async def die_then() -> None:
        await draining.wait()
        await _dies()

    program = steps.program(background={"work": steps.work, "dying": die_then}, drain=drain)
    async with _living(steps, program) as living:
        signal.raise_signal(signal.SIGTERM)
        assert await living == 1
    assert steps.taken == ["work ended", "close"]


async def test_a_server_that_dies_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps()
    monkeypatch.setattr(steps.server, "serve", _dies)
    async with asyncio.timeout(10):
        assert await live(steps.program()) == 1
    assert steps.taken == ["work ended", "close"]


async def test_a_clean_up_that_takes_too_long_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_END_SECONDS", 0.05)
    steps = Steps()

    async def ends_slowly() -> None:
        try:
            await steps.work()
        finally:
            await asyncio.Event().wait()

    async with _living(steps, steps.program(background={"slow": ends_slowly})) as living:
        signal.raise_signal(signal.SIGTERM)
        assert await living == 0
    assert steps.taken == ["drain while serving", "flush", "work ended", "close"]


async def test_a_second_sigint_does_not_wait_for_connections() -> None:
    steps = Steps()
    go_on = asyncio.Event()
    async with _living(steps, steps.program(drain=go_on.wait)) as living:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0)  # let the loop run the signal's handler
        signal.raise_signal(signal.SIGINT)
        while not steps.server.force_exit:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        go_on.set()
        assert await living == 0
