"""Decides about a due entry: tell it now, postpone it (quiet hours), or drop it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from delivery.away.core.entry import Entry, Until, Way
from delivery.away.core.quiet_hours import QuietHours
from producer_api.contract.preferences import muted_in, quiet_hours_in
from producer_api.contract.stored import UnreadableError, check_stored


class Dropped(StrEnum):
    """Why an entry is not told."""

    ERASED = "erased"
    UNREADABLE = "unreadable"
    DELIVERED = "delivered"
    SEEN = "seen"
    ARCHIVED = "archived"
    SUPERSEDED = "superseded"
    REMOVED = "removed"
    """The notification was muted or withdrawn."""
    EXPIRED = "expired"
    MUTED = "muted"
    """The user has muted the category since."""
    NOWHERE = "nowhere"
    """No webhook is configured for the category, or the user has no subscription."""
    FAILED = "failed"
    """Web Push failed until the time for retries was over. Nobody replays it: the notification is
    old by then."""


class Drop(NamedTuple):
    """Delete the entry."""

    reason: Dropped


class Postpone(NamedTuple):
    """Decide about the entry again at this time."""

    until: datetime


class Tell(NamedTuple):
    """Tell the notification now."""


Decision = Drop | Postpone | Tell


@dataclass(frozen=True, slots=True)
class TellingRules:
    """The rules of telling, the same for all users."""

    until: Until = Until.DELIVERED
    pass_quiet_hours: frozenset[str] = frozenset()
    """The categories that Web Push tells in quiet hours, too."""


def decide(
    entry: Entry,
    document: Mapping[str, Any] | None,
    preferences: Mapping[str, Any],
    now: datetime,
    rules: TellingRules,
) -> Decision:
    """Decide about a due entry.

    `document` is the notification in the inbox now, None if it is deleted. `preferences` are those
    of the user now, empty if there are none. If they are damaged, they are ignored.
    """
    reason = _reason_to_drop(entry, document, preferences, now, rules)
    if reason is not None:
        return Drop(reason)
    # An erasure of the user makes the entry due early, but it must not be told early.
    if now < entry.due_at:
        return Postpone(entry.due_at)
    if entry.way is Way.PUSH and entry.category not in rules.pass_quiet_hours:
        quiet = QuietHours.parsed(quiet_hours_in(preferences))
        end = quiet.end_after(now) if quiet else None
        if end is not None:
            return Postpone(end)
    return Tell()


def _reason_to_drop(
    entry: Entry,
    document: Mapping[str, Any] | None,
    preferences: Mapping[str, Any],
    now: datetime,
    rules: TellingRules,
) -> Dropped | None:
    # A document of another user is not the one that the entry was made for.
    if document is None or document.get("user_id") != entry.user:
        return Dropped.ERASED
    try:
        check_stored(document)
    except UnreadableError:
        return Dropped.UNREADABLE
    expires_at = document["expires_at"]
    facts = (
        (Dropped.REMOVED, document.get("removed") is not None),
        (Dropped.SUPERSEDED, document["superseded_by"] is not None),
        (Dropped.SEEN, document["seen_at"] is not None or document["read_at"] is not None),
        (Dropped.ARCHIVED, document["archived_at"] is not None),
        (
            Dropped.DELIVERED,
            rules.until is Until.DELIVERED and document["delivered_at"] is not None,
        ),
        (Dropped.EXPIRED, expires_at is not None and expires_at <= now),
        (Dropped.MUTED, entry.category in muted_in(preferences)),
    )
    return next((reason for reason, holds in facts if holds), None)
