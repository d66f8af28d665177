"""Checks of deadlines run when they are due."""

import asyncio
import time

import pytest

from delivery.push.deadlines import Deadlines

_LIMIT_SECONDS = 10


async def _checked(*waits: float) -> list[float]:
    """Return the seconds after which each check ran, in the order of the runs."""
    deadlines = Deadlines()
    begin = time.monotonic()
    ran_after: list[float] = []
    all_checked = asyncio.Event()

    def check() -> None:
        ran_after.append(time.monotonic() - begin)
        if len(ran_after) == len(waits):
            all_checked.set()

    running = asyncio.create_task(deadlines.run())
    try:
        async with asyncio.timeout(_LIMIT_SECONDS):
            for wait in waits:
                deadlines.add(begin + wait, check)
                await asyncio.sleep(0)  # let the timer wait for this check before adding another
            await all_checked.wait()
    finally:
        running.cancel()
    return ran_after


async def test_checks_run_in_the_order_of_their_times() -> None:
    ran_after = await _checked(0.2, 0.3, 0.1)
    assert all(took >= wait for took, wait in zip(ran_after, (0.1, 0.2, 0.3), strict=True))


async def test_setting_the_wall_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    true_time = time.time
    for step in (-3600.0, 3600.0):
        monkeypatch.setattr(time, "time", lambda step=step: true_time() + step)
        (took,) = await _checked(0.1)
        assert 0.1 <= took < _LIMIT_SECONDS


class _Turns(Deadlines):
    """Counts the turns of the event loop in which checks may run."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0

    def _call_due(self) -> bool:
        self.turns += 1
        return super()._call_due()


async def _turns_for(count: int, apart_seconds: float) -> int:
    """Return the number of turns that `count` checks take, each `apart_seconds` after the last."""
    deadlines, all_checked = _Turns(), asyncio.Event()
    running = asyncio.create_task(deadlines.run())
    begin, left = time.monotonic(), count

    def check() -> None:
        nonlocal left
        left -= 1
        if not left:
            all_checked.set()

    for number in range(count):
        deadlines.add(begin + number * apart_seconds, check)
    async with asyncio.timeout(_LIMIT_SECONDS):
        await all_checked.wait()
    running.cancel()
    return deadlines.turns


async def test_checks_that_are_due_soon_after_each_other_share_a_wake_up() -> None:
    assert await _turns_for(300, apart_seconds=0.001) <= 300 / 20 + 3


async def test_other_tasks_run_between_many_checks_that_are_due_at_the_same_time() -> None:
    assert await _turns_for(2_000, apart_seconds=0) >= 10
