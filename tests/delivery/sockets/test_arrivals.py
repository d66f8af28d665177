"""If many sessions are to begin at the same time, a few begin in each turn of the event loop."""

import asyncio
import contextlib

from delivery.sockets import arrivals as module
from delivery.sockets.arrivals import Arrivals


async def test_everything_else_has_its_turn_while_many_sessions_begin() -> None:
    arrivals, begun, seen = Arrivals(), list[int](), list[int]()

    async def begin(number: int) -> None:
        await arrivals.turn()
        begun.append(number)

    sessions = [asyncio.create_task(begin(number)) for number in range(1_000)]
    await asyncio.sleep(0)
    sessions[500].cancel()
    running = asyncio.create_task(arrivals.run())
    while len(begun) < 999:
        await asyncio.sleep(0)
        seen.append(len(begun))
    assert begun == [number for number in range(1_000) if number != 500]
    steps = [after - before for before, after in zip([0, *seen], seen, strict=False)]
    assert max(steps) <= 2 * module._PER_TURN
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await asyncio.wait(sessions)
