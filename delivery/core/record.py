"""What comes this way: a notification, of the log or of the inbox, and that all was erased."""

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
    traceparent: str | None = None
    """Where it belongs in a trace; read only while traces are on."""


class OwedNotification(NamedTuple):
    """One notification that the inbox still owes its user."""

    id: str
    value: bytes
    expires_at: float | None
    traceparent: str | None = None


class Erasure(NamedTuple):
    """That all of a user's was erased: one record of the log, and where it stands there."""

    user: str
    up_to: str
    """Whatever of the user's stands before it on the log, or has an id up to this one, is gone, but
    for what was being created in that very moment."""
    value: bytes
    """The `inbox` event as JSON, told as it is."""
    offset: int
    epoch: int


#: A notification that can be pushed, from either source.
Pushable = Record | OwedNotification


def has_expired(item: Pushable, now: float) -> bool:
    """Whether it must not be pushed any more; `now` in Unix seconds."""
    return item.expires_at is not None and item.expires_at <= now
