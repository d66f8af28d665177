"""The clocks, read here for all that goes by both of them."""

import time

from delivery.core.moment import Moment


def now() -> Moment:
    """This moment."""
    return Moment(time.time(), time.monotonic())
