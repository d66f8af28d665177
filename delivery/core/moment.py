"""A moment on two clocks, whose times must not be mixed up."""

from typing import NamedTuple


class Moment(NamedTuple):
    """The same moment on both clocks, in seconds."""

    unix: float
    """The wall clock, which may jump. Compare it only with times from other programs."""
    steady: float
    """The monotonic clock, whose start is arbitrary. Use it to measure how long something takes."""
