"""Ends sessions a few at a time, so that thousands of ends do not block the event loop."""

import asyncio
from collections.abc import Callable

from runtime.batch_queue import BatchQueue

#: Ending a session takes about 0.2 ms, so this many block the event loop for less than 20 ms.
_PER_TURN = 50


class Departures:
    """Owns the sessions that are about to end, in the order in which their connections ended."""

    def __init__(self) -> None:
        self._ends: BatchQueue[Callable[[], None]] = BatchQueue()

    def add(self, end: Callable[[], None]) -> None:
        """Call `end` soon. It starts the end of one session."""
        self._ends.add(end)

    async def run(self) -> None:
        """End sessions until cancelled."""
        while True:
            await self._ends.until_filled()
            for _ in range(min(_PER_TURN, len(self._ends))):
                self._ends.pop()()
            # Let these sessions end, and let other tasks run.
            await asyncio.sleep(0)
