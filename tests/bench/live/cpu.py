"""The CPU time of each process for each notification, over a measured interval."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tests.bench.live.crowd import Crowd

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Indexes of fields of /proc/PID/stat, counted after the process name, which may contain spaces.
_PARENT, _USER_TIME, _SYSTEM_TIME = 1, 11, 12


async def over(crowd: Crowd, pids: Mapping[str, int], seconds: float) -> dict[str, float]:
    """Return the rates of this interval, and each process's µs of CPU for each notification."""
    interval = Interval(crowd, pids)
    await asyncio.sleep(seconds)
    return interval.figures()


class Interval:
    """A measured interval, which begins when this object is constructed."""

    def __init__(self, crowd: Crowd, pids: Mapping[str, int]) -> None:
        self._crowd = crowd
        self._pids = {**pids, "clients": crowd.pid}
        self._cpu = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        self._acked, self._events = crowd.acked, crowd.events
        self._began = time.perf_counter()

    def figures(self) -> dict[str, float]:
        """Return the rate of acks since the start, and the µs of CPU time for each of them."""
        took = time.perf_counter() - self._began
        acked = self._crowd.acked - self._acked
        if not acked:
            raise TimeoutError("no notification was acknowledged in the interval")
        return {
            "acked_per_s": acked / took,
            "per_event": acked / (self._crowd.events - self._events),
            **{
                f"{name}_us": (cpu_seconds(pid) - self._cpu[name]) / acked * 1e6
                for name, pid in self._pids.items()
            },
        }


def cpu_seconds(pid: int) -> float:
    """Return the user and system time that a process and its threads have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / _TICKS_PER_SECOND


def family(pid: int) -> list[int]:
    """Return a process and its children, such as the workers of a program."""
    return [pid, *(each for each, parent in _parents() if parent == pid)]


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # the process has exited since `glob` found its folder
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            yield int(folder.name), int(fields[_PARENT])


def resident_kib(pid: int) -> float:
    """Return the resident memory of a process, in KiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 1024
