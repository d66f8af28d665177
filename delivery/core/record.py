"""The input of a user's core: notifications from the log or the inbox, and what ends them."""

from typing import NamedTuple


class Record(NamedTuple):
    """One notification from the log, and its position there."""

    id: str
    value: bytes
    """The notification as JSON, which is pushed unchanged."""
    expires_at: float | None
    """Unix seconds."""
    user: str
    collapses: bool
    """Whether it has a collapse key, or was withdrawn before its record was written. If so, only
    the inbox knows whether it is still owed."""
    partition: int
    offset: int
    epoch: int
    traceparent: str | None = None
    """Its place in a trace (W3C Trace Context). Set only while tracing is on."""


class OwedNotification(NamedTuple):
    """One notification from the inbox, which still owes it to its user."""

    id: str
    value: bytes
    expires_at: float | None
    traceparent: str | None = None


class Erasure(NamedTuple):
    """An erasure from the log, and its position there."""

    user: str
    up_to: str
    """The user's notifications before this record in the log, and those with an id up to this id,
    are deleted. Notifications that were being created at that moment may remain."""
    value: bytes
    """The `inbox` event as JSON, which is emitted unchanged."""
    offset: int
    epoch: int


class Withdrawal(NamedTuple):
    """A withdrawal from the log, and its position there."""

    user: str
    ids: frozenset[str]
    """The withdrawn notifications. Their records come before this one."""
    value: bytes
    """The `inbox` event as JSON, which is emitted unchanged."""
    offset: int
    epoch: int


class Supersession(NamedTuple):
    """What a record supersedes. It is fed before that record, and has no offset of its own."""

    user: str
    ids: frozenset[str]
    """The superseded notifications. Their records come before this one."""
    value: bytes
    """The `inbox` event as JSON, which is emitted unchanged."""


#: What is fed to the users of a partition.
Fed = Record | Erasure | Withdrawal | Supersession

#: A notification that can be pushed, from either source.
Pushable = Record | OwedNotification


def has_expired(item: Pushable, now: float) -> bool:
    """Return whether the notification has expired by `now`, in Unix seconds."""
    return item.expires_at is not None and item.expires_at <= now
