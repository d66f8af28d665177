"""Moments: of an id, and in words."""

import uuid
from datetime import UTC, datetime


def of_id(text: str) -> float:
    """The Unix seconds that stand in a UUIDv7 (RFC 9562 §5.7); 0 where it is none."""
    try:
        number = uuid.UUID(text).int
    except ValueError:
        return 0.0
    return (number >> 80) / 1000 if number >> 76 & 0xF == 7 else 0.0


def in_words(moment: float) -> str:
    """A moment as RFC 3339, to the millisecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
