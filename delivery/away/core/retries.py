"""When to try again after a failed attempt, and when to give up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_FACTOR = 3
#: The longest pause is this part of the whole time, so that the last attempts are not hours apart.
_LONGEST_PART = 6
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Retries:
    """The pauses between attempts: each three times as long as the one before."""

    first_seconds: float
    for_seconds: float
    """How long after the entry was due the last attempt is made."""

    def next_at(
        self, due_at: datetime, now: datetime, failures: int, jitter: float, asked: float = 0.0
    ) -> datetime | None:
        """Return when to try again after this many failures; None to give up.

        `jitter` is a random number from 0 to 1. It spreads the next attempts of entries that failed
        together. `asked` is the pause in seconds that the endpoint asks for. The last attempt is
        made `for_seconds` after `due_at`.
        """
        end = due_at + timedelta(seconds=self.for_seconds)
        if now >= end:
            return None
        # Beyond some power, the float would overflow. The longest pause is reached long before.
        pause = self.first_seconds * _FACTOR ** min(failures - 1, 50)
        pause = min(pause, self.for_seconds / _LONGEST_PART) * (1 + _JITTER * jitter)
        return min(now + timedelta(seconds=max(pause, asked)), end)
