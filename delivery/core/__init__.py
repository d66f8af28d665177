"""The logic of delivery. It has no I/O, no clock and no tasks: callers pass `now` in."""
