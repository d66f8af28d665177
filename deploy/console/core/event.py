"""The raw events that the console keeps: records of the three topics, as they were read."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from deploy.console.core.moments import text_of

#: Of a longer value, only the beginning is kept. Ordinary notifications are far shorter.
_KEPT_BYTES = 64 * 1024
_KEPT_HEADERS = 40
#: The memory that Python needs for the objects of an event, in addition to the value's bytes.
_OVERHEAD_BYTES = 800


class Event(NamedTuple):
    """A record of one of the three topics. `kept` cuts a very large one."""

    topic: str
    partition: int
    offset: int
    at: int
    """The record's timestamp, in Unix milliseconds."""
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None

    @property
    def size(self) -> int:
        """About how much memory the event takes, in bytes."""
        return _OVERHEAD_BYTES + len(self.value or b"")

    def header(self, name: str) -> bytes:
        """Return the value of the first header with this name, or empty bytes."""
        return next((value or b"" for key, value in self.headers if key == name), b"")

    def kept(self) -> "Event":
        """Return the event as the memory keeps it: a large one is cut to the limits."""
        if len(self.headers) <= _KEPT_HEADERS and len(self.value or b"") <= _KEPT_BYTES:
            return self
        value = None if self.value is None else self.value[:_KEPT_BYTES]
        return self._replace(headers=tuple(self.headers[:_KEPT_HEADERS]), value=value)

    def public(self) -> dict[str, Any]:
        """Return the event as JSON for the page."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "at": text_of(self.at),
            "headers": {name: _text(value) for name, value in self.headers},
            "value": None if self.value is None else _text(self.value),
        }


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode(errors="backslashreplace")
