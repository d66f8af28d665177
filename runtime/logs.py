"""The logs of a program: JSON lines on standard error.

See `log_lines`, `log_sampling` and `log_writer`.
"""

import logging

from runtime.log_lines import JsonLines
from runtime.log_sampling import Sampled
from runtime.log_writer import LogWriter

#: The maximum number of warnings and errors of one kind that are written in one period.
_MAX_PER_PERIOD, _PERIOD_SECONDS = 20, 10.0
#: Loggers of libraries, with the lowest level that they write.
_LEAST_LEVELS = {
    # aiokafka logs each retry as an error. Our own events say what that means for users.
    "aiokafka": logging.WARNING,
    # httpx logs each request with its query, which may name a user.
    "httpx": logging.WARNING,
    # uvicorn logs each WebSocket that it refuses, so any client could fill the log.
    "uvicorn.error": logging.WARNING,
    # Without a level, these two libraries would add their own handlers, and write each line twice.
    "engineio.server": logging.ERROR,
    "socketio.server": logging.ERROR,
}


def set_up_logs(level: str, worker: int | None = None, turns: int | None = None) -> None:
    """Send every logger of the process to standard error as JSON lines.

    Processes that share their standard error pass their number, and in `turns` the descriptor of a
    file that they share (see `LogWriter`).
    """
    handler = LogWriter(turns)
    handler.setFormatter(JsonLines({} if worker is None else {"worker": worker}))
    handler.addFilter(Sampled(_MAX_PER_PERIOD, _PERIOD_SECONDS))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in _LEAST_LEVELS.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level)))
    logging.getLogger("engineio.server").addFilter(_is_not_about_a_request)


def flush_logs() -> None:
    """Wait until all lines are written, for at most a second. Call it before the process ends."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def _is_not_about_a_request(record: logging.LogRecord) -> bool:
    """Return whether to log it. Leaves out bad requests, which python-engineio logs as errors."""
    return "further occurrences of this error" not in str(record.msg)
