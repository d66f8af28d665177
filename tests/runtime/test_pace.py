"""A start waits until enough time has passed since the last one, unless a caller is urgent."""

import asyncio
import time

from runtime.pace import Pace

_NEVER = 3600.0


async def test_the_first_start_is_immediate_and_the_next_one_waits() -> None:
    pace = Pace(0.05)
    async with asyncio.timeout(10):
        began = time.monotonic()
        await pace.turn()
        await pace.turn()
    assert time.monotonic() - began >= 0.05


async def test_a_start_after_a_long_pause_does_not_wait() -> None:
    pace = Pace(_NEVER)
    async with asyncio.timeout(10):
        await pace.turn()
        pace._started_at -= _NEVER
        await pace.turn()


async def test_a_turn_takes_the_least_time_even_after_a_long_pause() -> None:
    pace = Pace(0)
    began = time.monotonic()
    async with asyncio.timeout(10):
        await pace.turn(0.05)
    assert time.monotonic() - began >= 0.05


async def test_a_start_without_a_turn_counts_too() -> None:
    pace = Pace(_NEVER)
    pace.start()
    turn = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    assert not turn.done()
    turn.cancel()
    await asyncio.wait((turn,))


async def test_a_turn_does_not_wait_until_the_last_urgent_caller_has_left() -> None:
    pace = Pace(_NEVER)
    await pace.turn()
    waiting = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        with pace.urgent():
            await waiting
            with pace.urgent():
                await pace.turn()
            await pace.turn(_NEVER)
    again = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()
    await asyncio.wait((again,))
