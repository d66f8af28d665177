"""How hard Hypothesis searches: a little at each run, TEST_EFFORT=20 times as long when asked."""

import os

from hypothesis import HealthCheck, settings

_EFFORT = int(os.environ.get("TEST_EFFORT", "1"))


def effort(examples: int, steps: int = 50) -> settings:
    """So many examples, of so many steps; a busy machine is no failure."""
    return settings(
        deadline=None,
        max_examples=examples * _EFFORT,
        stateful_step_count=steps,
        suppress_health_check=[HealthCheck.too_slow],
    )
