"""An index of the memory: finds the notifications that have a given key, such as an order."""


class Index:
    """Owns the ids by key, in the order in which they were added."""

    def __init__(self) -> None:
        self._ids: dict[str, list[str]] = {}

    def add(self, key: str | None, notification_id: str) -> None:
        """Add an id, unless there is no key."""
        if key is not None:
            self._ids.setdefault(key, []).append(notification_id)

    def discard(self, key: str | None, notification_id: str) -> None:
        """Remove an id that was added under this key. The search begins with the oldest ids."""
        if key is None or (ids := self._ids.get(key)) is None:
            return
        ids.remove(notification_id)
        if not ids:
            del self._ids[key]

    def all(self, key: str) -> list[str]:
        """Return the ids of this key, in the order in which they were added."""
        return list(self._ids.get(key, ()))

    def newest(self, key: str, most: int) -> list[str]:
        """Return up to `most` ids of this key. The id that was added last comes first."""
        return self._ids.get(key, [])[: -most - 1 : -1]
