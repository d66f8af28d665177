"""Finds each turn of the event loop that takes too long.

`runtime.loop_watch` measures four times a second, so it misses most of them. On a busy machine, it
also counts turns that only waited for a processor.
"""

import asyncio
import logging
import os
import threading
import time
from contextlib import suppress
from typing import NamedTuple

_log = logging.getLogger(__name__)

#: The delivery instance that is watched.
WATCHED = "tests.fuzz.watched_delivery"
#: The event that is logged for a late turn.
LOOP_HELD = "loop held"
LATE_SECONDS = 0.1
#: A turn is measured together with the turns that began less than this before it.
_TICK_SECONDS = 0.01
_NANOSECONDS = 1_000_000_000


class _Clocks(NamedTuple):
    """Times of the loop's thread, in seconds."""

    wall: float
    cpu: float
    starved: dict[int, float]
    """How long each thread of the process was ready to run, and waited for a processor."""


class TurnWatch:
    """Logs `loop held` for each turn of the running event loop that takes 100 ms or more.

    `held_ms` leaves out the time for which the thread waited for a processor, and the time for
    which another thread did, perhaps while it held the interpreter's lock. What is left is the time
    for which the turn computed, or waited for a disk or a lock.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_native_id()
        self._before = self._clocks()

    def begin(self) -> None:
        """Watch until the process ends."""
        self._before = self._clocks()
        self._loop.call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        now, before = self._clocks(), self._before
        wall = now.wall - before.wall
        if wall >= LATE_SECONDS:
            cpu = now.cpu - before.cpu
            waits = {
                thread: seconds - before.starved.get(thread, seconds)
                for thread, seconds in now.starved.items()
            }
            own = waits.pop(self._thread, 0.0)
            held = max(cpu, wall - own - max(waits.values(), default=0.0))
            times = {"held_ms": held, "cpu_ms": cpu, "wall_ms": wall, "starved_ms": own}
            _log.info(LOOP_HELD, extra={name: round(time * 1000) for name, time in times.items()})
        self.begin()

    def _clocks(self) -> _Clocks:
        starved = {}
        # This runs a hundred times a second, and `pathlib` would cost too much.
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208
            with suppress(OSError):  # it has just ended
                statistics = os.open(f"/proc/self/task/{thread}/schedstat", os.O_RDONLY)
                starved[int(thread)] = int(os.read(statistics, 100).split()[1]) / _NANOSECONDS
                os.close(statistics)
        return _Clocks(time.monotonic(), time.thread_time(), starved)
