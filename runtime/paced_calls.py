"""Spreads work that thousands of clients cause at once over several turns of the event loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

_SLICE_SECONDS = 0.005


class PacedCalls:
    """Owns the calls that wait, in order, and the time that this turn of the event loop has left.

    If an instance dies, all of its clients connect to the others at once, and send the heads of
    their requests. Without a limit, the event loop would read and answer all of them in one turn.
    """

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()
        self._end = 0.0
        self._is_timed = False

    @property
    def is_turn_over(self) -> bool:
        """Whether a call must wait: others wait, or this turn's 5 ms for calls are over."""
        if not self._is_timed:
            self._begin()
        return bool(self._calls) or time.monotonic() >= self._end

    def add(self, call: Callable[[], None]) -> None:
        """Make the call in a later turn. The call must not raise."""
        if not self._is_timed:
            self._begin()
        self._calls.append(call)

    def _begin(self) -> None:
        self._is_timed = True
        self._end = time.monotonic() + _SLICE_SECONDS
        asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._is_timed = False
        if not self._calls:
            return
        self._begin()
        while self._calls:
            self._calls.popleft()()
            if time.monotonic() >= self._end:
                break
