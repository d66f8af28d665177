"""Parts start in order and stop in reverse order. The first part that ends stops all others."""

import asyncio
import sys

import pytest

from deploy.local.process import PartFailedError, Process
from deploy.local.supervisor import Supervisor

_UNTIL_SIGTERM = (
    "import signal, sys, time\n"
    "signal.signal(15, lambda *_: (print('ends', flush=True), sys.exit(0)))\n"
    "print('up', flush=True)\n"
    "time.sleep(60)"
)


class _Part(Process):
    def __init__(self, name: str, log: list[str], code: str = _UNTIL_SIGTERM) -> None:
        argv = [sys.executable, "-c", code]
        super().__init__(name, argv, on_line=lambda line: log.append(f"{name} {line}"))

    async def start(self) -> None:
        await super().start()
        await self.until_ready(self._is_up, 10)

    async def _is_up(self) -> bool:
        return "up" in self.recent


async def test_a_cancelled_run_stops_its_parts_in_reverse_order() -> None:
    log: list[str] = []
    supervisor = Supervisor()
    ready = asyncio.Event()

    async def bring_up() -> None:
        for name in "abc":
            await supervisor.start(_Part(name, log))
        ready.set()

    run = asyncio.create_task(supervisor.run(bring_up))
    await asyncio.wait_for(ready.wait(), 10)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert log == ["a up", "b up", "c up", "c ends", "b ends", "a ends"]


async def test_a_part_that_ends_stops_the_others_and_is_named() -> None:
    log: list[str] = []
    supervisor = Supervisor()
    frail = _Part("frail", log, "print('up', flush=True); input(); ")  # stdin is closed

    async def bring_up() -> None:
        await supervisor.start(_Part("strong", log))
        await supervisor.start(frail)

    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.run(bring_up)
    (error,) = failure.value.exceptions
    assert isinstance(error, PartFailedError)
    assert "frail ended with status 1" in str(error)
    assert "EOFError" in str(error)
    assert log[-1] == "strong ends"


async def test_a_part_that_cannot_start_stops_the_others() -> None:
    log: list[str] = []
    supervisor = Supervisor()

    async def bring_up() -> None:
        await supervisor.start(_Part("strong", log))
        await supervisor.start(_Part("broken", log, "raise SystemExit(7)"))

    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.run(bring_up)
    assert "broken ended with status 7" in str(failure.value.exceptions[0])
    assert log == ["strong up", "strong ends"]


async def test_a_part_that_is_stopped_on_purpose_stops_alone_and_may_start_again() -> None:
    log: list[str] = []
    supervisor = Supervisor()
    part = _Part("part", log)

    async def bring_up() -> None:
        await supervisor.start(_Part("other", log))
        for _ in range(2):
            await supervisor.start(part)
            await supervisor.stop(part, grace=10)
        log.append("the other is running")
        await supervisor.start(_Part("frail", log, "print('up', flush=True)"))
        await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as failure:
        await asyncio.wait_for(supervisor.run(bring_up), 20)
    assert "frail ended" in str(failure.value.exceptions[0])
    start_and_stop = ["part up", "part ends"]
    assert log[:6] == ["other up", *start_and_stop * 2, "the other is running"]
    assert log[-1] == "other ends"


async def test_a_run_cancelled_while_a_part_starts_stops_it() -> None:
    log: list[str] = []
    supervisor = Supervisor()
    slow = _Part("slow", log, "import time; print('not yet', flush=True); time.sleep(60)")
    run = asyncio.create_task(supervisor.run(lambda: supervisor.start(slow)))
    await _until(log, "slow not yet")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert not slow.running


async def test_kill_all_ends_the_wait_for_a_part_that_hangs() -> None:
    log: list[str] = []
    supervisor = Supervisor()
    hung = _Part(
        "hung",
        log,
        "import signal, time\n"
        "signal.signal(15, lambda *_: print('ignored', flush=True))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(1)",
    )
    run = asyncio.create_task(supervisor.run(lambda: supervisor.start(hung)))
    await _until(log, "hung up")
    run.cancel()
    await _until(log, "hung ignored")
    supervisor.kill_all()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(run, 1)
    assert await hung.ending() == "was ended by SIGKILL"


async def _until(log: list[str], line: str) -> None:
    async with asyncio.timeout(10):
        while line not in log:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
