"""What a shopper marks on a notification, as an update that may be repeated without harm."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Marks:
    """What to change; None leaves it as it is. `seen` can only be set."""

    read: bool | None = None
    seen: bool | None = None
    archived: bool | None = None

    def update(self, now: datetime) -> list[dict[str, Any]]:
        """The update pipeline. A time that is set already stays: the first one counts."""
        changes: dict[str, Any] = {}
        if self.seen or self.read:
            changes["seen_at"] = _first("seen_at", now)
        if self.read is not None:
            changes["read_at"] = _first("read_at", now) if self.read else None
        if self.archived is not None:
            changes["archived_at"] = _first("archived_at", now) if self.archived else None
        return [{"$set": changes}]


def _first(field: str, now: datetime) -> dict[str, Any]:
    return {"$ifNull": [f"${field}", now]}
