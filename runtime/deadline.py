"""A deadline that moves with each request, at the cost of one timer for each connection."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Owns a timer. Calls `expired` when the deadline has passed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired: Callable[[], None] | None = expired
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a deadline."""
        return self._at is not None

    def set(self, seconds: float) -> None:
        """Set the deadline, or move it to a later time. Does nothing after `end`."""
        if self._expired is None:
            return
        self._at = self._loop.time() + seconds
        # A timer that is already running is kept: it checks the deadline when it fires.
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._fired)

    def clear(self) -> None:
        """Remove the deadline. The timer keeps running, for the next deadline."""
        self._at = None

    def end(self) -> None:
        """Stop the timer, and drop `expired`, which usually refers to this deadline's owner."""
        self._at = self._expired = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fired(self) -> None:
        self._timer = None
        if self._at is None or self._expired is None:
            return
        rest = self._at - self._loop.time()
        if rest > 0:
            self._timer = self._loop.call_later(rest, self._fired)
        else:
            self._at = None
            self._expired()
