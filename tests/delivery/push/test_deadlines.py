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
                await asyncio.sleep(0)  # so that the timer waits for this check before the next
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
