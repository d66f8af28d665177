"""Finds each turn of the event loop that takes too long.

`runtime.loop_watch` looks four times a second, so it misses most of them. On a busy machine, it
also counts turns that only waited for a processor.
"""

import asyncio
import logging
import os
import threading
import time
from typing import NamedTuple

_log = logging.getLogger(__name__)

#: The delivery instance that is watched.
WATCHED = "tests.fuzz.watched_delivery"
#: The event that is logged for a late turn.
LOOP_HELD = "loop held"
LATE_SECONDS = 0.1
#: A turn is measured together with those of up to so long before it.
_TICK_SECONDS = 0.01
_NANOSECONDS = 1_000_000_000


class _Clocks(NamedTuple):
    """Times of the loop's thread, in seconds."""

    wall: float
    cpu: float
    starved: float
    """How long it was ready to run, and waited for a processor."""


class TurnWatch:
    """Logs `loop held` for each turn of the running event loop that takes 100 ms or more.

    `held_ms` leaves out the time for which the thread waited for a processor. So it has the time
    for which the turn computed, and for which it waited for a disk, or for a lock of another
    thread, such as the interpreter's.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        path = f"/proc/self/task/{threading.get_native_id()}/schedstat"
        self._statistics = os.open(path, os.O_RDONLY)
        self._before = self._clocks()

    def begin(self) -> None:
        """Watch until the process ends."""
        self._before = self._clocks()
        self._loop.call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        spent = (now - before for now, before in zip(self._clocks(), self._before, strict=True))
        wall, cpu, starved = (round(seconds * 1000) for seconds in spent)
        if wall >= LATE_SECONDS * 1000:
            fields = {"held_ms": wall - starved, "cpu_ms": cpu, "wall_ms": wall}
            _log.info(LOOP_HELD, extra=fields)
        self.begin()

    def _clocks(self) -> _Clocks:
        _, starved, _ = os.pread(self._statistics, 100, 0).split()
        return _Clocks(time.monotonic(), time.thread_time(), int(starved) / _NANOSECONDS)
