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

    A thread of its own counts the seconds, because the event loop may no longer run when a process
    hangs. The cause may be a thread that waits for MongoDB, or a task that swallows cancellations.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """Start counting at the first call. The thread does not keep the process alive."""
        if self._timer is None:
            self._timer = _started(self._seconds, self._end)

    def _end(self) -> None:
        # Exit even if the log line below blocks: the program that reads the log may hang, too.
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
