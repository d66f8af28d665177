"""A notification on its way: as a record of the log, or as an entry of the inbox."""

from typing import NamedTuple


class Record(NamedTuple):
    """One notification that came from the log, and where it stands there."""

    id: str
    value: bytes
    """The notification as JSON, pushed as it is."""
    expires_at: float | None
    """Unix seconds."""
    user: str
    collapses: bool
    """Whether it has a collapse key: then only the inbox knows whether it is still owed."""
    partition: int
    offset: int
    epoch: int


class Entry(NamedTuple):
    """One notification that the inbox still owes its user."""

    id: str
    value: bytes
    expires_at: float | None


def has_expired(item: Record | Entry, now: float) -> bool:
    """Whether it must not be pushed any more; `now` in Unix seconds."""
    return item.expires_at is not None and item.expires_at <= now
