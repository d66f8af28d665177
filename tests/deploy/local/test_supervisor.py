"""Parts start in order, stop in reverse, and the first one that dies ends all."""

import asyncio
import sys

import pytest

from deploy.local.process import PartFailedError, Process
from deploy.local.supervisor import Supervisor

_UNTIL_TOLD = (
    "import signal, sys, time\n"
    "signal.signal(15, lambda *_: (print('ends', flush=True), sys.exit(0)))\n"
    "print('up', flush=True)\n"
    "time.sleep(60)"
)


class _Part(Process):
    def __init__(self, name: str, diary: list[str], code: str = _UNTIL_TOLD) -> None:
        argv = [sys.executable, "-c", code]
        super().__init__(name, argv, on_line=lambda line: diary.append(f"{name} {line}"))

    async def start(self) -> None:
        await super().start()
        await self.until_ready(self._is_up, 10)

    async def _is_up(self) -> bool:
        return "up" in self.recent


async def test_stops_in_reverse_order_when_cancelled() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    ready = asyncio.Event()

    async def bring_up() -> None:
        for name in "abc":
            await supervisor.start(_Part(name, diary))
        ready.set()

    run = asyncio.create_task(supervisor.run(bring_up))
    await asyncio.wait_for(ready.wait(), 10)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert diary == ["a up", "b up", "c up", "c ends", "b ends", "a ends"]


async def test_a_part_that_dies_ends_the_others_and_is_named() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    frail = _Part("frail", diary, "print('up', flush=True); input(); ")  # its input is closed

    async def bring_up() -> None:
        await supervisor.start(_Part("strong", diary))
        await supervisor.start(frail)

    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.run(bring_up)
    (error,) = failure.value.exceptions
    assert isinstance(error, PartFailedError)
    assert "frail ended with status 1" in str(error)
    assert "EOFError" in str(error)
    assert diary[-1] == "strong ends"


async def test_a_part_that_cannot_start_ends_the_others() -> None:
    diary: list[str] = []
    supervisor = Supervisor()

    async def bring_up() -> None:
        await supervisor.start(_Part("strong", diary))
        await supervisor.start(_Part("broken", diary, "raise SystemExit(7)"))

    with pytest.raises(ExceptionGroup) as failure:
        await supervisor.run(bring_up)
    assert "broken ended with status 7" in str(failure.value.exceptions[0])
    assert diary == ["strong up", "strong ends"]


async def test_a_part_that_is_stopped_on_purpose_ends_alone_and_may_start_again() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    part = _Part("part", diary)

    async def bring_up() -> None:
        await supervisor.start(_Part("other", diary))
        for _ in range(2):
            await supervisor.start(part)
            await supervisor.stop(part, grace=10)
        diary.append("the other runs on")
        await supervisor.start(_Part("frail", diary, "print('up', flush=True)"))
        await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as failure:
        await asyncio.wait_for(supervisor.run(bring_up), 20)
    assert "frail ended" in str(failure.value.exceptions[0])
    there_and_back = ["part up", "part ends"]
    assert diary[:6] == ["other up", *there_and_back * 2, "the other runs on"]
    assert diary[-1] == "other ends"


async def test_cancelled_while_a_part_starts_leaves_nothing_running() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    slow = _Part("slow", diary, "import time; print('not yet', flush=True); time.sleep(60)")
    run = asyncio.create_task(supervisor.run(lambda: supervisor.start(slow)))
    await _until(diary, "slow not yet")
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert not slow.running


async def test_kill_all_ends_the_wait_for_one_that_hangs() -> None:
    diary: list[str] = []
    supervisor = Supervisor()
    deaf = _Part(
        "deaf",
        diary,
        "import signal, time\n"
        "signal.signal(15, lambda *_: print('heard', flush=True))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(1)",
    )
    run = asyncio.create_task(supervisor.run(lambda: supervisor.start(deaf)))
    await _until(diary, "deaf up")
    run.cancel()
    await _until(diary, "deaf heard")
    supervisor.kill_all()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(run, 1)
    assert await deaf.ending() == "was ended by SIGKILL"


async def _until(diary: list[str], line: str) -> None:
    async with asyncio.timeout(10):
        while line not in diary:  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.01)
