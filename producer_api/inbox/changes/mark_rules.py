"""What a shopper marks on a notification, and what that changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from producer_api.contract.events import EventType
from producer_api.contract.notification import Document

Changes = Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Marks:
    """What to change; None leaves it as it is. `seen` can only be set."""

    read: bool | None = None
    seen: bool | None = None
    archived: bool | None = None

    def changes(self, document: Document, at: datetime) -> Changes:
        """The fields this changes; none where nothing does. A time that is set already stays."""
        changes: dict[str, datetime | None] = {}
        if (self.seen or self.read) and document["seen_at"] is None:
            changes["seen_at"] = at
        if self.read is not None and self.read == (document["read_at"] is None):
            changes["read_at"] = at if self.read else None
        if self.archived is not None and self.archived == (document["archived_at"] is None):
            changes["archived_at"] = at if self.archived else None
        return changes


def with_changes(document: Document, changes: Changes) -> Document:
    """The notification after them."""
    return cast("Document", {**document, **changes})


def kinds_of(changes: Changes) -> list[EventType]:
    """What these changes are called, in the order of the log. What is read has been seen."""
    kinds: list[EventType] = []
    if "seen_at" in changes and not changes.get("read_at"):
        kinds.append(EventType.SEEN)
    if "read_at" in changes:
        kinds.append(EventType.READ if changes["read_at"] else EventType.UNREAD)
    if "archived_at" in changes:
        kinds.append(EventType.ARCHIVED if changes["archived_at"] else EventType.UNARCHIVED)
    return kinds
