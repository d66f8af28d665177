"""One clock for all pushes: asks after each user whether an acknowledgement is overdue."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Deadlines:
    """Owns the questions, the earliest first. No timer or task a notification, a push or a user.

    A question is not taken back when the ack comes: it finds nothing to do. Its asker keeps at
    most one a user here, which bounds the queue. Time is the steady clock's: a step of the
    wall clock makes no ack overdue.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # decides between equal times; callables do not compare
        self._earlier = asyncio.Event()

    def add(self, at: float, ask: Callable[[], None]) -> None:
        """Have `ask` called at that time of `time.monotonic()`."""
        heapq.heappush(self._queue, (at, next(self._numbers), ask))
        if self._queue[0][0] == at:
            self._earlier.set()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            self._earlier.clear()
            wait = self._queue[0][0] - time.monotonic() if self._queue else None
            if wait is not None and wait <= 0:
                heapq.heappop(self._queue)[2]()
                continue
            try:
                async with asyncio.timeout(wait):
                    await self._earlier.wait()
            except TimeoutError:
                continue
