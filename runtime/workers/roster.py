"""Decides when a worker that has ended is started again, and which one hangs. Pure: no clock."""

from dataclasses import dataclass

#: The pauses before a worker that keeps ending is started again. The last one is repeated.
_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
#: A worker that has served for this long was healthy, so the count of its ends restarts at 0.
_WELL_SECONDS = 30.0
#: A worker hangs if it leaves this many calls in a row unanswered. One alone may be the parent's
#: fault: if the parent was suspended, its time limit has passed while the answer was waiting.
_MISSES = 2


@dataclass(frozen=True, slots=True)
class StartAgain:
    """Start the worker again after a pause."""

    pause_seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Stop all workers, and end with this exit status."""

    status: int


class Roster:
    """Owns how often in a row each worker has ended, and how many calls it has not answered.

    The parent gives up if a worker ends before it has ever served, because then the program cannot
    start, and its supervisor should learn that. Later it gives up only if all workers keep ending.
    As long as one worker is healthy, this worker serves, and the parent starts the others again.

    Workers are counted from 1. Times are those of a monotonic clock, in seconds.
    """

    def __init__(self, count: int) -> None:
        self._members = {number: _Member() for number in range(1, count + 1)}

    def answered(self, number: int, now: float) -> None:
        """Note that the worker serves."""
        member = self._members[number]
        member.misses = 0
        member.has_served = True
        if member.serves_since is None:
            member.serves_since = now

    def missed(self, number: int) -> bool:
        """Note that the worker has not answered in time. Return whether it hangs."""
        member = self._members[number]
        member.misses += 1
        return member.misses >= _MISSES

    def ended(self, number: int, status: int, now: float) -> StartAgain | GiveUp:
        """Note that the worker has ended, and decide what follows.

        `status` is its exit status, negative for a signal.
        """
        member = self._members[number]
        member.ends = self._ends_in_a_row(number, now) + 1
        member.serves_since, member.misses = None, 0
        if not member.has_served or self._all_keep_ending(now):
            return GiveUp(status if status > 0 else 1)
        return StartAgain(_PAUSES_SECONDS[min(member.ends, len(_PAUSES_SECONDS)) - 1])

    def _all_keep_ending(self, now: float) -> bool:
        return all(
            self._ends_in_a_row(number, now) > len(_PAUSES_SECONDS) for number in self._members
        )

    def _ends_in_a_row(self, number: int, now: float) -> int:
        member = self._members[number]
        since = member.serves_since
        return 0 if since is not None and now - since >= _WELL_SECONDS else member.ends


@dataclass(slots=True)
class _Member:
    ends: int = 0
    misses: int = 0
    serves_since: float | None = None
    has_served: bool = False
