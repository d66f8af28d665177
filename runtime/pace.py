"""Limits how often writes start, because one large write costs less than many small ones."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Pace:
    """Owns the time of the last start, and the number of callers that need the next start urgently.

    Starts are at least `seconds` apart, so that everything that arrives in between is written
    together. If the last start was longer ago than that, the next one is immediate, so that rare
    writes do not wait.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started_at = -seconds
        self._urgent_callers = 0
        self._is_urgent = asyncio.Event()  # set while there are urgent callers

    async def turn(self, least_seconds: float = 0.0) -> None:
        """Wait until the next start is due, and for at least `least_seconds`. Then start.

        Does not wait while a caller is in `urgent`.
        """
        pause = max(self._started_at + self._seconds - time.monotonic(), least_seconds)
        if pause > 0 and not self._urgent_callers:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._is_urgent.wait()
        self.start()

    def start(self) -> None:
        """Start now, without waiting."""
        self._started_at = time.monotonic()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """End the wait of `turn`, and keep `turn` from waiting until the context ends."""
        self._urgent_callers += 1
        self._is_urgent.set()
        try:
            yield
        finally:
            self._urgent_callers -= 1
            if not self._urgent_callers:
                self._is_urgent.clear()
