"""A request's header fields, found by name without a search."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import Headers


class IndexedHeaders(Headers):
    """Starlette's `Headers`, with an index that is made in one pass.

    Starlette's own class searches all fields again for each name.
    """

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._list = raw if isinstance(raw, list) else list(raw)
        self._first = dict(self._list)
        #: Almost no request repeats a name. If one does, the first field counts, as in Starlette.
        self._is_repeating = len(self._first) < len(self._list)
        if self._is_repeating:
            self._first = dict(reversed(self._list))

    def one(self, name: bytes) -> bytes | None:
        """Return the value of the field, whose name must be in lower case; None if absent."""
        return self._first.get(name)

    def only(self, name: bytes) -> bytes | None:
        """Return the value of the field, or None unless it occurs exactly once."""
        if self._is_repeating and sum(each == name for each, _ in self._list) > 1:
            return None
        return self._first.get(name)

    def getlist(self, key: str) -> list[str]:
        """Return the values of all fields with this name."""
        if self._is_repeating:
            return super().getlist(key)
        value = self._first.get(key.lower().encode("latin-1"))
        return [] if value is None else [value.decode("latin-1")]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of the field, or the default."""
        value = self._first.get(key.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower().encode("latin-1")].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower().encode("latin-1") in self._first
