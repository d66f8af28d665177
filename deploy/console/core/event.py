"""The raw events that the console keeps: records of the three topics, as they were read."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from deploy.console.core.moments import text_of

Headers = Sequence[tuple[str, bytes | None]]

#: Of a larger event, only the beginning of the value is kept, and the headers that fit into half of
#: this. Ordinary notifications are far smaller.
_KEPT_BYTES = 64 * 1024
_KEPT_HEADERS = 40
#: The memory that Python needs for the objects of an event, in addition to the bytes of its headers
#: and its value.
_OVERHEAD_BYTES = 650


class Event(NamedTuple):
    """A record of one of the three topics. `kept` cuts a very large one."""

    topic: str
    partition: int
    offset: int
    at: int
    """The record's timestamp, in Unix milliseconds."""
    headers: Headers
    value: bytes | None
    is_letter: bool = False
    """Whether the record is from the dead-letter topic."""

    @property
    def size(self) -> int:
        """About how much memory the event takes, in bytes."""
        return _OVERHEAD_BYTES + self._bytes

    @property
    def _bytes(self) -> int:
        return len(self.value or b"") + sum(map(_size, self.headers))

    def header(self, name: str) -> bytes:
        """Return the value of the first header with this name, or empty bytes.

        Delivery, too, uses the first one of several.
        """
        return next((value or b"" for key, value in self.headers if key == name), b"")

    def last_header(self, name: str) -> bytes:
        """Return the value of the last header with this name, or empty bytes.

        Delivery appends its headers of a dead letter to those of the record.
        """
        return next((value or b"" for key, value in reversed(self.headers) if key == name), b"")

    def kept(self, names: Sequence[str]) -> "Event":
        """Return the event as the memory keeps it: a large one is cut to the limits.

        Headers with these names are kept before others.
        """
        if len(self.headers) <= _KEPT_HEADERS and self._bytes <= _KEPT_BYTES:
            return self
        headers = _kept_headers(self.headers, names)
        rest = _KEPT_BYTES - sum(map(_size, headers))
        value = None if self.value is None else self.value[:rest]
        return self._replace(headers=headers, value=value)

    def public(self) -> dict[str, Any]:
        """Return the event as JSON for the page. Several headers may have the same name."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "at": text_of(self.at),
            "headers": [(name, _text(value)) for name, value in self.headers],
            "value": None if self.value is None else _text(self.value),
        }


def _kept_headers(headers: Headers, names: Sequence[str]) -> Headers:
    """Return the headers that are kept, in their order. Leave out those that do not fit."""
    rest = _KEPT_BYTES // 2
    kept: set[int] = set()
    for index in _by_importance(headers, names):
        size = _size(headers[index])
        if size <= rest:
            kept.add(index)
            rest -= size
        if len(kept) == _KEPT_HEADERS:
            break
    return tuple(headers[index] for index in sorted(kept))


def _by_importance(headers: Headers, names: Sequence[str]) -> Iterator[int]:
    """Yield the indexes of the headers: the first and last one of each name, and then the rest."""
    important: dict[int, None] = {}
    for wanted in names:
        found = [index for index, (name, _) in enumerate(headers) if name == wanted]
        important |= dict.fromkeys([*found[:1], *found[-1:]])
    yield from important
    yield from (index for index in range(len(headers)) if index not in important)


def _size(header: tuple[str, bytes | None]) -> int:
    name, value = header
    return len(name.encode()) + len(value or b"")


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode(errors="backslashreplace")
