"""One timer for all pushes: at a user's deadline, it checks whether an ack is overdue."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Deadlines:
    """Owns the checks, the earliest first. Nothing else has a timer for acks.

    An ack does not remove its check, which later finds nothing to do. The caller queues at
    most one check for each user, which bounds the queue. All times are of the monotonic
    clock, so that no ack becomes overdue because the wall clock jumps.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        #: Breaks ties between equal times, because functions cannot be compared.
        self._numbers = itertools.count()
        self._first_changed = asyncio.Event()

    def add(self, at: float, check: Callable[[], None]) -> None:
        """Schedule `check` for the time `at` of `time.monotonic()`."""
        heapq.heappush(self._queue, (at, next(self._numbers), check))
        if self._queue[0][0] == at:
            self._first_changed.set()

    async def run(self) -> None:
        """Call the checks at their times, until cancelled."""
        while True:
            self._first_changed.clear()
            seconds = self._queue[0][0] - time.monotonic() if self._queue else None
            if seconds is not None and seconds <= 0:
                heapq.heappop(self._queue)[2]()
                continue
            try:
                async with asyncio.timeout(seconds):
                    await self._first_changed.wait()
            except TimeoutError:
                continue
