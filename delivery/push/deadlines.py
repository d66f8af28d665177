"""One timer for all pushes: at a user's deadline, it checks whether an ack is overdue."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from contextlib import suppress

#: A wake-up costs thirty times as much as a check. If 10,000 users get a push now and then, a
#: thousand checks a second are due. So one wake-up calls several of them.
_GATHERING_SECONDS = 0.02
_CHECKS_AT_ONCE = 200


class Deadlines:
    """Owns the checks, the earliest first. Nothing else has a timer for acks.

    An ack does not remove its check, which later finds nothing to do. The caller queues at most one
    check for each user, which bounds the queue. All times are of the monotonic clock, so that no
    ack becomes overdue because the wall clock jumps.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        #: Numbers the checks, so that the heap never compares two functions with the same time.
        self._numbers = itertools.count()
        self._first_changed = asyncio.Event()

    def add(self, at: float, check: Callable[[], None]) -> None:
        """Schedule `check` for the time `at` of `time.monotonic()`."""
        heapq.heappush(self._queue, (at, next(self._numbers), check))
        if self._queue[0][0] == at:
            self._first_changed.set()

    async def run(self) -> None:
        """Call the checks at their times or up to 20 ms later, until cancelled."""
        while True:
            self._first_changed.clear()
            if self._call_due():
                await asyncio.sleep(0)  # let other tasks run before the next checks
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_wait()):
                    await self._first_changed.wait()

    def _seconds_to_wait(self) -> float | None:
        if not self._queue:
            return None
        return max(self._queue[0][0] - time.monotonic(), _GATHERING_SECONDS)

    def _call_due(self) -> bool:
        """Call some of the checks that are due, and return whether more may be."""
        now = time.monotonic()
        for _ in range(_CHECKS_AT_ONCE):
            if not self._queue or self._queue[0][0] > now:
                return False
            heapq.heappop(self._queue)[2]()
        return True
