"""A moment by two clocks, which must not be mixed up."""

from typing import NamedTuple


class Moment(NamedTuple):
    """One moment by both clocks, in seconds."""

    unix: float
    """The wall clock, which somebody may set. Compare it only with times from other programs."""
    steady: float
    """A clock that nobody sets, with an arbitrary start. It measures how long something takes."""
