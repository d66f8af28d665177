"""What time it is, by two clocks that must not be mixed up."""

from typing import NamedTuple


class Moment(NamedTuple):
    """One moment by both clocks, in seconds."""

    unix: float
    """Of the wall clock, which may be set: only for times that other programs have written."""
    steady: float
    """Of a clock that nobody sets, of no known beginning: for how long something takes."""
