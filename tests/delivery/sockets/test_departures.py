"""If many sessions are to end at the same time, a few end in each turn of the event loop."""

import asyncio
import contextlib

from delivery.sockets import departures as module
from delivery.sockets.departures import Departures


async def test_everything_else_has_its_turn_while_many_sessions_end() -> None:
    departures, ended, seen = Departures(), list[int](), list[int]()
    for number in range(1_000):
        departures.add(lambda number=number: ended.append(number))  # type: ignore[misc]
    running = asyncio.create_task(departures.run())
    while len(ended) < 1_000:
        await asyncio.sleep(0)
        seen.append(len(ended))
    assert ended == list(range(1_000))
    steps = [after - before for before, after in zip([0, *seen], seen, strict=False)]
    assert max(steps) <= module._PER_TURN
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
