"""Notification ids: UUIDv7 as text (RFC 9562), so that comparing ids compares their times.

`IdSource` is part of the contract, because delivery relies on the order of its ids.
"""

import os
import re
import time
from collections.abc import Callable

#: The low random part of an id has 62 bits. The highest of them stays clear in a new id, so that
#: counting up from there cannot overflow in practice.
_COUNTER_BITS = 61
_RANDOM_BITS = 12 + _COUNTER_BITS
_BYTES_PER_ID = 10
_SPARE_BITS = 8 * _BYTES_PER_ID - _RANDOM_BITS
_POOL_BYTES = 400 * _BYTES_PER_ID
#: Delivery checks the id of every record. Parsing it as a `uuid.UUID` takes four times as long.
_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def _version_7(milliseconds: int, random_high: int, random_low: int) -> int:
    return milliseconds << 80 | 0x7 << 76 | random_high << 64 | 0b10 << 62 | random_low


def floor_id(milliseconds: int) -> str:
    """Return the smallest id of this Unix millisecond. Ids of earlier milliseconds are smaller."""
    return _text(_version_7(milliseconds, 0, 0))


def _text(number: int) -> str:
    # This is twice as fast as `str(uuid.UUID(int=number))`.
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def milliseconds_of(notification_id: str) -> int | None:
    """Return the time of creation that the id contains, in Unix milliseconds.

    Returns None for a UUID of another version, because it contains no such time.
    """
    has_time = notification_id[14] == "7"
    return int(notification_id[:8] + notification_id[9:13], 16) if has_time else None


class IdSource:
    """Makes strictly increasing ids, even if the clock stands still or goes back.

    Owns the last id that it made. Uses the low random part of the id as the counter of RFC 9562
    §6.2.
    """

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._last = 0
        self._pool, self._used = b"", 0

    def next(self) -> str:
        """Return the next id. Its first 48 bits are the Unix time in milliseconds."""
        random = self._random()
        low = random & ((1 << _COUNTER_BITS) - 1)
        fresh = _version_7(self._clock_ns() // 1_000_000, random >> _COUNTER_BITS, low)
        self._last = fresh if fresh > self._last else self._last + 1
        return _text(self._last)

    def _random(self) -> int:
        """Return 73 random bits. Asks the operating system for many at a time."""
        if self._used == len(self._pool):
            self._pool, self._used = os.urandom(_POOL_BYTES), 0
        start = self._used
        self._used += _BYTES_PER_ID
        return int.from_bytes(self._pool[start : self._used], "big") >> _SPARE_BITS


def is_id(text: object) -> bool:
    """Return whether this is a UUID in canonical form (lower case, hyphens), comparable as text."""
    return isinstance(text, str) and _CANONICAL(text) is not None
