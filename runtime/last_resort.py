"""Ends a process that does not stop in time, whatever it waits for."""

import logging
import os
import threading
from collections.abc import Callable

from runtime.logs import flush_logs

_log = logging.getLogger(__name__)

_LOG_SECONDS = 1.0


class LastResort:
    """Ends the process by force, with status 1, some seconds after `begin`.

    This is a thread, because a process may hang after its event loop has ended: in a thread that
    waits for MongoDB, or with a task that swallows each cancellation.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """Start counting at the first call. The thread does not keep the process alive."""
        if self._timer is None:
            self._timer = _started(self._seconds, self._end)

    def _end(self) -> None:
        # The program that reads the log may be the part that hangs.
        _started(_LOG_SECONDS, _exit)
        _log.critical("stop took too long", extra={"seconds": self._seconds})
        flush_logs()
        _exit()


def _started(seconds: float, function: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer


def _exit() -> None:
    os._exit(1)
