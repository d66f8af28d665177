"""Decides whether a part that has ended is started again, and when. Pure: no I/O, no clock."""

_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
#: A part that was ready for this long was healthy, so its next end is the first of a new series.
_WELL_SECONDS = 30.0


class Restarts:
    """Owns the number of times in a row that one part has ended."""

    def __init__(self) -> None:
        self.ends = 0
        """How many times in a row the part has ended, the last one included."""

    def pause_after(self, ready_seconds: float) -> float | None:
        """Count an end of the part, which was ready for this long. Return the pause in seconds.

        The pause grows with each end. Returns None if the part has ended too often.
        """
        if ready_seconds >= _WELL_SECONDS:
            self.ends = 0
        self.ends += 1
        return _PAUSES_SECONDS[self.ends - 1] if self.ends <= len(_PAUSES_SECONDS) else None
