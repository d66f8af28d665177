"""Long work in slices, between which the event loop serves other tasks."""

import asyncio
import time

#: A slice is short, because several may run in one turn of the event loop, one for each peer link.
SLICE_SECONDS = 0.002


class Slices:
    """Owns the time at which the current slice of some long work ends.

    Measures the time instead of counting steps, because the cost of a step varies with the machine,
    and with what the step has to do.
    """

    def __init__(self) -> None:
        self._end = time.monotonic() + SLICE_SECONDS

    async def step(self) -> None:
        """Let other tasks run if the slice is over. Call this after each step of the work."""
        if time.monotonic() >= self._end:
            await asyncio.sleep(0)
            self._end = time.monotonic() + SLICE_SECONDS
