"""Writes log lines in a thread, so that a slow reader of the log cannot stop the program."""

import fcntl
import logging
import os
import select
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_log = logging.getLogger(__name__)

#: More characters than a burst of log lines has. If nobody reads the log, further lines are lost,
#: and counted.
_MAX_WAITING_CHARACTERS = 4 * 1024 * 1024
_FLUSH_SECONDS = 1.0
_STANDARD_ERROR = 2


class LogWriter(logging.Handler):
    """Owns the lines that wait to be written to standard error, and the thread that writes them.

    A write to a pipe blocks while the pipe is full. Without the thread, a stopped terminal, a log
    collector that hangs or a busy disk would stop the event loop, and with it the program's
    heartbeats.

    Several processes may write to the same pipe. The kernel may mix lines of more than 4 KiB, such
    as those with a traceback. So these processes take turns: each locks the file `turns` while it
    writes. The kernel releases the lock if its holder dies.
    """

    def __init__(self, turns: int | None = None) -> None:
        super().__init__()
        self._turns = turns
        self._lines: deque[str] = deque()
        self._characters = 0
        self._lost = 0
        self._is_idle = True
        self._changed = threading.Condition()
        threading.Thread(target=self._write_all, name="log writer", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one line. Never blocks, and raises nothing."""
        try:
            line = self.format(record) + "\n"
        except Exception:  # noqa: BLE001 - a line that cannot be formatted must not stop its caller
            self.handleError(record)
            return
        with self._changed:
            if self._characters + len(line) > _MAX_WAITING_CHARACTERS:
                self._lost += 1
                return
            self._lines.append(line)
            self._characters += len(line)
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything is written, for at most a second."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_idle and not self._lines, _FLUSH_SECONDS)

    def _write_all(self) -> None:
        while True:
            lines, lost = self._taken()
            data = memoryview(lines.encode("utf-8", "backslashreplace"))
            # Do not write through `sys.stderr`: the interpreter cannot end while a thread holds the
            # lock of that file object. If standard error is closed, the program goes on without a
            # log.
            with suppress(OSError), self._turn():
                while data:
                    data = data[_write_some(data) :]
            if lost:
                _log.warning("log lines lost", extra={"count": lost})

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._turns is None:
            yield
            return
        fcntl.lockf(self._turns, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._turns, fcntl.LOCK_UN)

    def _taken(self) -> tuple[str, int]:
        """Wait for lines, and take them all. Return also how many were lost since the last call."""
        with self._changed:
            self._is_idle = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._lines)
            lines, lost = "".join(self._lines), self._lost
            self._lines.clear()
            self._characters = self._lost = 0
            self._is_idle = False
            return lines, lost


def _write_some(data: memoryview) -> int:
    """Write to standard error, and return how many bytes it has taken. Waits while it is full."""
    while True:
        try:
            return os.write(_STANDARD_ERROR, data)
        except BlockingIOError:
            # Another process that shares the pipe or the terminal has made it non-blocking, for all
            # of them. Wait here instead. Otherwise, the rest of the lines would be lost, uncounted.
            select.select((), (_STANDARD_ERROR,), ())
