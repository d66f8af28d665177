"""Reads both clocks at once, as a `Moment`."""

import time

from delivery.core.moment import Moment


def now() -> Moment:
    """Return the present moment."""
    return Moment(time.time(), time.monotonic())
