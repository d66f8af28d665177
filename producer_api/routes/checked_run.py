"""Checks many items of a batch at once, if nothing is wrong with any of them."""

from typing import NamedTuple

import orjson
from pydantic import TypeAdapter, ValidationError

from producer_api.contract.notification import NewNotification
from producer_api.requests import exact_json
from producer_api.requests.batch_run import Run
from producer_api.requests.exact_json import InexactError

_NOTIFICATIONS = TypeAdapter(list[NewNotification])


class CheckedRun(NamedTuple):
    """The notifications of a run. All are valid."""

    notifications: list[NewNotification]
    canonical: bytes
    """Their canonical JSON, with commas between them."""


def checked_run(run: Run, limit_bytes: int) -> CheckedRun | None:
    """Return the notifications of the run.

    Returns None if an item must be refused, or if that cannot be decided here. The caller must then
    check the items one by one, to find out which to refuse and why.
    """
    try:
        canonical = orjson.dumps(run.values, option=orjson.OPT_SORT_KEYS)[1:-1]
        if len(canonical) > limit_bytes:
            return None  # the run may be a single item, which would be too large
        notifications = _NOTIFICATIONS.validate_python(run.values)
        exact_json.check(f"[{run.text}]".encode(), run.values)
    except (orjson.JSONEncodeError, ValidationError, InexactError):
        return None
    return CheckedRun(notifications, canonical)
