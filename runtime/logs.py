"""The log format of both programs: one JSON object per line, on standard error."""

import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson

#: Fields of every line that is logged in this context, such as the id of a request.
log_fields: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default=MappingProxyType({}))

#: The maximum number of warnings and errors of one kind that are written in one period.
_MAX_PER_PERIOD, _PERIOD_SECONDS = 20, 10.0

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Writes `time`, `level`, `logger`, `event`, the `log_fields`, and the call's `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line. The traceback of an exception goes into the field `error`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **log_fields.get(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode()


class Sampled(logging.Filter):
    """Drops warnings and errors of one kind beyond `most` in `seconds`.

    The next line of that kind has the number of dropped ones in its field `left_out`. All lines
    from one place in the code are of one kind, so the number of kinds is bounded.
    """

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._kinds: dict[tuple[str, int], _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write the record."""
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        kind = self._kinds.setdefault((record.pathname, record.lineno), _Kind(now))
        if now - kind.since >= self._seconds:
            kind.since, kind.written = now, 0
        if kind.written >= self._most:
            kind.left_out += 1
            return False
        kind.written += 1
        if kind.left_out:
            record.left_out, kind.left_out = kind.left_out, 0
        return True


@dataclass(slots=True)
class _Kind:
    since: float
    written: int = 0
    left_out: int = 0


def set_up_logs(level: str) -> None:
    """Send every logger of the process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sampled(_MAX_PER_PERIOD, _PERIOD_SECONDS))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # aiokafka logs each retry as an error. Our own events say what that means for users.
    logging.getLogger("aiokafka").setLevel(max(logging.WARNING, logging.getLevelName(level)))
