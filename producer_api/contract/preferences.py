"""What a user prefers, in MongoDB's collection `preferences`: one document per user.

The producer API writes the documents. All programs read them with the functions below, which treat
a damaged value as not set, because such a value must not stop a notification.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict

COLLECTION = "preferences"

QuietHours = TypedDict("QuietHours", {"from": str, "to": str, "time_zone": str})
"""A span of each day, from `HH:MM` until just before `HH:MM`, in this IANA time zone.

If `to` is earlier than `from`, the span ends on the next day. The two are never equal.
"""


class PreferencesDocument(TypedDict):
    """The preferences of one user. A user without a document has the defaults."""

    _id: str
    """The user's id."""
    muted: list[str]
    """The muted categories: sorted, without repeats. Default: none."""
    quiet_hours: QuietHours | None
    updated_at: NotRequired[datetime]


def muted_in(document: Mapping[str, Any] | None) -> list[str]:
    """Return the categories that the user has muted."""
    muted = document.get("muted") if document is not None else None
    if not isinstance(muted, list):
        return []
    return [category for category in muted if isinstance(category, str)]


def quiet_hours_in(document: Mapping[str, Any] | None) -> QuietHours | None:
    """Return the user's quiet hours, or None if there are none."""
    hours = document.get("quiet_hours") if document is not None else None
    if not isinstance(hours, dict):
        return None
    begin, end, time_zone = (hours.get(name) for name in ("from", "to", "time_zone"))
    if not (isinstance(begin, str) and isinstance(end, str) and isinstance(time_zone, str)):
        return None
    return {"from": begin, "to": end, "time_zone": time_zone}
