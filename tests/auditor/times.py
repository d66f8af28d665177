"""Times: the time in an id, and a time as text."""

import uuid
from datetime import UTC, datetime


def time_in_id(text: str) -> float:
    """Return the Unix seconds in a UUIDv7 (RFC 9562 §5.7), or 0 if the text is not a UUIDv7."""
    try:
        number = uuid.UUID(text).int
    except ValueError:
        return 0.0
    return (number >> 80) / 1000 if number >> 76 & 0xF == 7 else 0.0


def as_text(seconds: float) -> str:
    """Return the time in RFC 3339, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
