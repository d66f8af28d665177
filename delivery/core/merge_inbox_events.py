"""Merges the `inbox` events of one user that are to be emitted together."""

from collections.abc import Sequence
from typing import Any

import orjson

from producer_api.contract.inbox_event import CHANGED_LIMIT

#: The fields of an event that says how some notifications are marked now, and nothing else. Any
#: other field, of this version or a later one, may depend on the order of the events.
_MERGEABLE = {"unread_count", "unseen_count", "changed", "user_id", "at"}
#: Such an event may also have this field: the counts of the categories that the change was about.
_BY_CATEGORY = "by_category"


def merge_inbox_events(payloads: Sequence[bytes]) -> list[bytes]:
    """Return fewer events with the same effect, in order.

    Merges neighbours that only list changed notifications: the later counts and marks win. Leaves
    all others as they are: sweeps, erasures, repeats, and payloads that are not valid.
    """
    merged: list[bytes] = []
    last: dict[str, Any] | None = None
    for payload in payloads:
        event = _mergeable(payload)
        both = _both(last, event) if last is not None and event is not None else None
        if both is not None:
            merged[-1], last = b"", both
        else:
            _close(merged, last)
            merged.append(payload)
            last = event
    _close(merged, last)
    return merged


def _close(merged: list[bytes], last: dict[str, Any] | None) -> None:
    """Encode the last event if it is a merged one, for which `merged` ends with b"" so far."""
    if last is not None and not merged[-1]:
        merged[-1] = orjson.dumps(last)


def _mergeable(payload: bytes) -> dict[str, Any] | None:
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(event, dict) or event.keys() - {_BY_CATEGORY} != _MERGEABLE:
        return None
    if not isinstance(event.get(_BY_CATEGORY, {}), dict):
        return None
    is_list = isinstance(event["changed"], list) and isinstance(event["at"], str)
    return event if is_list and all(map(_has_id, event["changed"])) else None


def _has_id(change: object) -> bool:
    return isinstance(change, dict) and isinstance(change.get("id"), str)


def _both(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any] | None:
    """Return one event with the effect of both; None if they cannot be merged."""
    if later["at"] <= earlier["at"]:
        return None  # `later` is a repeat, which clients recognize by its time.
    changes = {change["id"]: change for change in (*earlier["changed"], *later["changed"])}
    if len(changes) > CHANGED_LIMIT:
        return None
    newest_first = sorted(changes, reverse=True)
    both = {**later, "changed": [changes[notification_id] for notification_id in newest_first]}
    # Keep the later event's counts by category only if they include all categories of the earlier
    # one. The earlier event's other counts would be older than the merged event says, and lack what
    # was created in between. Clients ask for the counts that an event leaves out.
    before, after = earlier.get(_BY_CATEGORY), later.get(_BY_CATEGORY, {})
    if before is None or not before.keys() <= after.keys():
        both.pop(_BY_CATEGORY, None)
    return both
