"""Limits how many warnings and errors of one kind are written."""

import logging
import re
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from types import TracebackType

#: How many kinds are counted at a time. All further ones together count as one kind.
_MAX_KINDS = 500
_OTHERS = "others"
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+")
_KEPT_CHARACTERS = 100


class Sampled(logging.Filter):
    """Drops warnings and errors of one kind beyond `most` in `seconds`.

    The next line of that kind has the number of dropped lines in its field `left_out`. Lines are of
    one kind if their event, the type of their cause, and the place where their exception was raised
    are the same. So a flood of errors that clients cause does not hide a bug that is logged at the
    same place in the code.
    """

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._kinds: dict[Hashable, _Kind] = {}
        self._cleared_at = clock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write the record."""
        if record.levelno < logging.WARNING:
            return True
        now = self._clock()
        kind = self._kind_of(record, now)
        if now - kind.since >= self._seconds:
            kind.since, kind.written = now, 0
        if kind.written >= self._most:
            kind.left_out += 1
            return False
        kind.written += 1
        if kind.left_out:
            record.left_out, kind.left_out = kind.left_out, 0
        return True

    def _kind_of(self, record: logging.LogRecord, now: float) -> "_Kind":
        key: Hashable = _key(record)
        if key not in self._kinds and len(self._kinds) >= _MAX_KINDS:
            if now - self._cleared_at < self._seconds:
                key = _OTHERS
            else:
                self._cleared_at = now
                self._kinds.clear()
        return self._kinds.setdefault(key, _Kind(now))


@dataclass(slots=True)
class _Kind:
    since: float
    written: int = 0
    left_out: int = 0


def _key(record: logging.LogRecord) -> Hashable:
    # Lines that differ only in numbers are of one kind: libraries write numbers, such as ports and
    # object ids, into their texts.
    event = _DIGITS.sub("0", str(record.msg)[:_KEPT_CHARACTERS])
    cause = _WORD.match(str(vars(record).get("cause", ""))[:_KEPT_CHARACTERS])
    raised = _raised(record.exc_info[1]) if record.exc_info else None
    return record.name, event, cause and cause.group(), raised


def _raised(error: BaseException | None) -> Hashable:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is None:
        return None
    return type(error), _place(error.__traceback__)


def _place(traceback: TracebackType | None) -> Hashable:
    if traceback is None:
        return None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
