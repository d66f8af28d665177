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
        # A timer that runs already is kept: it checks the deadline when it fires.
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._fired)

    def clear(self) -> None:
        """Have no deadline. The timer stays, for the next one."""
        self._at = None

    def end(self) -> None:
        """Stop the timer, and forget `expired`, which usually refers to the owner of this."""
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
