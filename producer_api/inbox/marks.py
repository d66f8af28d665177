"""The marks seen, read and archived: which fields they change, and which events they cause."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from producer_api.contract.events import EventType
from producer_api.contract.notification import Document

#: The times to change in a document, with their new values.
Changes = Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class MarkChange:
    """The marks to change; None leaves a mark unchanged. `seen` can only be set."""

    read: bool | None = None
    seen: bool | None = None
    archived: bool | None = None

    def changes(self, document: Document, at: datetime) -> Changes:
        """Return the fields to change. A mark that is already set keeps its time.

        A missing field counts as None: a damaged notification must not stop the marks of others.
        """
        changes: dict[str, datetime | None] = {}
        if (self.seen or self.read) and document.get("seen_at") is None:
            changes["seen_at"] = at
        if self.read is not None and self.read == (document.get("read_at") is None):
            changes["read_at"] = at if self.read else None
        if self.archived is not None and self.archived == (document.get("archived_at") is None):
            changes["archived_at"] = at if self.archived else None
        return changes


def with_fields(document: Document, fields: Mapping[str, Any]) -> Document:
    """Return the notification with these fields changed."""
    return cast("Document", {**document, **fields})


def event_types(changes: Changes) -> list[EventType]:
    """Return the types of the events that report these changes, in the order of the log.

    Reading also marks as seen, but causes only a `notification.read`.
    """
    types: list[EventType] = []
    if "seen_at" in changes and not changes.get("read_at"):
        types.append(EventType.SEEN)
    if "read_at" in changes:
        types.append(EventType.READ if changes["read_at"] else EventType.UNREAD)
    if "archived_at" in changes:
        types.append(EventType.ARCHIVED if changes["archived_at"] else EventType.UNARCHIVED)
    return types
