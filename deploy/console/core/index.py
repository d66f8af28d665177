"""An index of the memory: finds the notifications that have a given key, such as an order."""

from itertools import islice


class Index:
    """Owns the ids by key, in the order in which they were added."""

    def __init__(self) -> None:
        #: The values of the inner dictionaries mean nothing. A list would have to be searched for
        #: each id to remove, so that an erasure of many notifications would block the event loop.
        self._ids: dict[str, dict[str, None]] = {}

    def add(self, key: str | None, notification_id: str) -> None:
        """Add an id, unless there is no key."""
        if key is not None:
            self._ids.setdefault(key, {})[notification_id] = None

    def discard(self, key: str | None, notification_id: str) -> None:
        """Remove an id that was added under this key."""
        if key is None or (ids := self._ids.get(key)) is None:
            return
        del ids[notification_id]
        if not ids:
            del self._ids[key]

    def all(self, key: str) -> list[str]:
        """Return the ids of this key, in the order in which they were added."""
        return list(self._ids.get(key, ()))

    def newest(self, key: str, most: int) -> list[str]:
        """Return up to `most` ids of this key. The id that was added last comes first."""
        return list(islice(reversed(self._ids.get(key, {})), most))
