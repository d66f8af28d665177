"""Parts start in order, start again if they end, and stop in reverse order."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from deploy.local import restarts
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
    supervisor = Supervisor(log.append)
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


async def test_a_part_that_ends_is_started_again_and_the_cause_is_reported() -> None:
    log: list[str] = []
    async with _running("other", "part", log=log) as (supervisor, (_, part)):
        for pause in ("0.5", "1"):
            part.send_kill()
            await _until(log, "part is ready again after")
            assert log[0] == f"part was ended by SIGKILL; starting it again in {pause} s"
            log.clear()
        await supervisor.stop(part, grace=10)
        assert log == ["part ends"]
    assert log == ["part ends", "other ends"]


async def test_a_part_that_ends_again_and_again_stops_the_others_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(restarts, "_PAUSES_SECONDS", (0.01, 0.02))
    log: list[str] = []
    supervisor = Supervisor(log.append)
    # Standard input is closed, so `input` fails at once.
    frail = _Part("frail", log, "print('up', flush=True); input(); ")

    async def bring_up() -> None:
        await supervisor.start(_Part("strong", log))
        await supervisor.start(frail)

    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.run(bring_up)
    (error,) = failure.value.exceptions
    assert isinstance(error, PartFailedError)
    assert "frail ended with status 1 (3 times in a row)" in str(error)
    assert "EOFError" in str(error)
    assert log.count("frail up") == 3
    assert log[-1] == "strong ends"


async def test_a_restart_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarts, "_PAUSES_SECONDS", (0.01, 0.02))
    log: list[str] = []
    async with _running("part", log=log) as (_, (part,)):
        argv, part._argv = part._argv, [sys.executable, "-c", "raise SystemExit(7)"]
        part.send_kill()
        await _until(log, "part ended with status 7; starting it again in 0.02 s")
        part._argv = argv
        await _until(log, "part is ready again after")


async def test_a_part_that_is_stopped_while_it_waits_for_its_restart_stays_down() -> None:
    log: list[str] = []
    async with _running("part", log=log) as (supervisor, (part,)):
        part.send_kill()
        await _until(log, "starting it again")
        await supervisor.stop(part, grace=10)
        assert not part.running
        await supervisor.start(part)
        await supervisor.stop(part, grace=10)
    assert log[-2:] == ["part up", "part ends"]


async def test_a_stop_ends_a_restart_that_is_under_way_before_it_returns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(restarts, "_PAUSES_SECONDS", (0.01,))
    log: list[str] = []

    async def start_without_end() -> None:
        log.append("under way")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            log.append("given up")

    async with _running("part", log=log) as (supervisor, (part,)):
        monkeypatch.setattr(part, "start", start_without_end)
        part.send_kill()
        await _until(log, "under way")
        log.clear()
        await supervisor.stop(part, grace=10)
        assert log == ["given up"]


async def test_a_paused_part_starts_again_even_after_a_failure_and_keeps_its_place() -> None:
    log: list[str] = []
    async with _running("first", "second", log=log) as (supervisor, (first, _)):
        with suppress(ValueError):
            async with supervisor.paused(first, grace=10):
                assert not first.running
                raise ValueError
        first.send_kill()
        await _until(log, "first is ready again")
    assert [line for line in log if line.endswith("ends")][-2:] == ["second ends", "first ends"]


async def test_a_part_that_is_killed_while_the_run_stops_is_not_started_again() -> None:
    log: list[str] = []
    supervisor = Supervisor(log.append)
    first = _Part("first", log)
    code = _UNTIL_SIGTERM.replace("sys.exit(0)", "time.sleep(0.3), sys.exit(0)")
    slow = _Part("slow", log, code)

    async def bring_up() -> None:
        await supervisor.start(first)
        await supervisor.start(slow)
        log.append("ready")
        await asyncio.Event().wait()

    run = asyncio.create_task(supervisor.run(bring_up))
    await _until(log, "ready")
    run.cancel()
    await _until(log, "slow ends")
    first.send_kill()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert log == ["first up", "slow up", "ready", "slow ends"]
    assert await first.ending() == "was ended by SIGKILL"


async def test_a_run_that_is_stopped_during_a_pause_does_not_start_the_part() -> None:
    log: list[str] = []

    async def pause(supervisor: Supervisor, part: Process) -> None:
        async with supervisor.paused(part, grace=10):
            log.append("paused")
            await asyncio.Event().wait()

    async with _running("part", log=log, then=pause):
        await _until(log, "paused")
    assert log == ["part ends", "paused"]


async def test_a_part_that_cannot_start_stops_the_others() -> None:
    log: list[str] = []
    supervisor = Supervisor(log.append)

    async def bring_up() -> None:
        await supervisor.start(_Part("strong", log))
        await supervisor.start(_Part("broken", log, "raise SystemExit(7)"))

    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.run(bring_up)
    assert "broken ended with status 7" in str(failure.value.exceptions[0])
    assert log == ["strong up", "strong ends"]


async def test_a_part_that_is_stopped_on_purpose_stops_alone_and_may_start_again() -> None:
    log: list[str] = []
    supervisor = Supervisor(log.append)
    part = _Part("part", log)

    async def bring_up() -> None:
        await supervisor.start(_Part("other", log))
        for _ in range(2):
            await supervisor.start(part)
            await supervisor.stop(part, grace=10)
        log.append("the other is running")
        await supervisor.start(_Part("broken", log, "raise SystemExit(7)"))

    with pytest.raises(ExceptionGroup) as failure:
        await asyncio.wait_for(supervisor.run(bring_up), 20)
    assert "broken ended" in str(failure.value.exceptions[0])
    start_and_stop = ["part up", "part ends"]
    assert log[:6] == ["other up", *start_and_stop * 2, "the other is running"]
    assert log[-1] == "other ends"


async def test_a_run_cancelled_while_a_part_starts_stops_it() -> None:
    log: list[str] = []
    supervisor = Supervisor(log.append)
    slow = _Part("slow", log, "import time; print('not yet', flush=True); time.sleep(60)")
    run = asyncio.create_task(supervisor.run(lambda: supervisor.start(slow)))
    await _until(log, "slow not yet")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert not slow.running


async def test_kill_all_ends_the_wait_for_a_part_that_hangs() -> None:
    log: list[str] = []
    supervisor = Supervisor(log.append)
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


@asynccontextmanager
async def _running(
    *names: str, log: list[str], then: Callable[..., Awaitable[Any]] | None = None
) -> AsyncIterator[tuple[Supervisor, list[_Part]]]:
    """Run these parts until the context ends.

    When all have started, `bring_up` awaits `then`, with the supervisor and the last part.
    """
    supervisor = Supervisor(log.append)
    parts = [_Part(name, log) for name in names]
    ready = asyncio.Event()

    async def bring_up() -> None:
        for part in parts:
            await supervisor.start(part)
        ready.set()
        if then is not None:
            await then(supervisor, parts[-1])
        await asyncio.Event().wait()

    run = asyncio.create_task(supervisor.run(bring_up))
    await asyncio.wait_for(ready.wait(), 10)
    log.clear()
    yield supervisor, parts
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert not any(part.running for part in parts)


async def _until(log: list[str], text: str) -> None:
    async with asyncio.timeout(10):
        while not any(text in line for line in log):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
