"""Notification ids: UUIDv7 in text, so that comparing ids compares moments (RFC 9562)."""

import secrets
import time
import uuid
from collections.abc import Callable

_RANDOM_LOW_BITS = 62


def _version_7(milliseconds: int, random_high: int, random_low: int) -> int:
    return milliseconds << 80 | 0x7 << 76 | random_high << 64 | 0b10 << 62 | random_low


def floor_id(milliseconds: int) -> str:
    """The smallest id of that Unix millisecond: every id made earlier compares below it."""
    return str(uuid.UUID(int=_version_7(milliseconds, 0, 0)))


def milliseconds_of(name: str) -> int | None:
    """The Unix time in milliseconds at which that notification was created, by its id; None where
    somebody else has made the id, in another version of UUIDs.
    """
    is_timed = name[14] == "7"
    return int(name[:8] + name[9:13], 16) if is_timed else None


class IdSource:
    """Makes ids that strictly rise within this process, even while its clock stands or goes back.

    Owns the last id given; the counter of RFC 9562 §6.2 is the low random part.
    """

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._last = 0

    def next(self) -> str:
        """The next id; its first 48 bits are the clock's Unix time in milliseconds."""
        # One bit stays clear, so that counting up from a fresh id cannot overflow in practice.
        low_bits = _RANDOM_LOW_BITS - 1
        random = secrets.randbits(12 + low_bits)
        fresh = _version_7(
            self._clock_ns() // 1_000_000, random >> low_bits, random & ((1 << low_bits) - 1)
        )
        self._last = fresh if fresh > self._last else self._last + 1
        return str(uuid.UUID(int=self._last))


def is_id(text: object) -> bool:
    """Whether this is a UUID in the canonical form (lower case, hyphens): comparable as text."""
    if not isinstance(text, str) or len(text) != 36:  # noqa: PLR2004 - the length of a UUID
        return False
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
