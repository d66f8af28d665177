"""The format of a log line: one JSON object, which shows no secrets and does no harm."""

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson

#: Fields of every line that is logged in this context, such as the id of a request.
log_fields: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default=MappingProxyType({}))

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
#: The middle of a longer text is left out, because clients can cause texts of any length.
_LONGEST_TEXT = 16 * 1024
#: Secrets that the log lines of libraries may contain: the query of a URL, in which clients send
#: tokens and session ids; tokens outside a URL; and the password in a URL.
_SECRETS = (
    (re.compile(r"\?[^\s\"'<>\\]*=[^\s\"'<>\\]*"), "?…"),
    (re.compile(r"eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*"), "[token]"),
    (re.compile(r"(?i)\b(bearer) +[\w.~+/=-]+"), r"\1 [token]"),
    (re.compile(r"(?<=://)[^\s\"'/@\\]+@"), "…@"),
)
#: Characters that JSON allows in a text, but that change what a terminal shows.
_HARMFUL = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class JsonLines(logging.Formatter):
    """Writes `time`, `level`, `logger`, `event`, the `log_fields`, and the call's `extra`.

    `of_process` are fields of all lines of this process.
    """

    def __init__(self, of_process: Mapping[str, int] = MappingProxyType({})) -> None:
        super().__init__()
        self._of_process = of_process

    def format(self, record: logging.LogRecord) -> str:
        """Return one line. The traceback of an exception goes into the field `error`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            **self._of_process,
            **log_fields.get(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _harmless(_encoded({key: _shortened(value) for key, value in line.items()}))


def _event(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    # A library may have a bug: its arguments do not fit its text.
    except (TypeError, ValueError):
        return str(record.msg)


def _shortened(value: object) -> object:
    if not isinstance(value, str) or len(value) <= _LONGEST_TEXT:
        return value
    half = _LONGEST_TEXT // 2
    return f"{value[:half]} … {len(value) - 2 * half} characters left out … {value[-half:]}"


def _encoded(line: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(line, default=_text, option=orjson.OPT_UTC_Z).decode()
    except TypeError:
        # A value has a lone surrogate, or an integer of more than 64 bits. Clients may send these.
        return orjson.dumps({key: _text(value) for key, value in line.items()}).decode()


def _text(value: object) -> str:
    try:
        text = value.isoformat() if isinstance(value, datetime) else str(value)
    except Exception as error:  # noqa: BLE001 - a line must be written, whatever is in it
        text = f"{type(value).__name__} without a text: {type(error).__name__}"
    return text.encode("utf-8", "backslashreplace").decode()


def _harmless(line: str) -> str:
    for pattern, replacement in _SECRETS:
        line = pattern.sub(replacement, line)
    return _HARMFUL.sub(lambda match: f"\\u{ord(match.group()):04x}", line)
