"""Converts times: Unix milliseconds inside the console, RFC 3339 outside."""

from datetime import UTC, datetime

from producer_api.contract.notification import rfc3339


def text_of(milliseconds: int | None) -> str | None:
    """Return the time as RFC 3339; None if there is none, or if it is out of range."""
    if milliseconds is None:
        return None
    try:
        return rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC))
    except (OverflowError, ValueError, OSError):
        return None


def milliseconds_of(value: object) -> int | None:
    """Return an RFC 3339 text as Unix milliseconds; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return None if moment.tzinfo is None else round(moment.timestamp() * 1000)
    except (OverflowError, ValueError):
        return None
