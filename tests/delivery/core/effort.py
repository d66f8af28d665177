"""The effort of Hypothesis: a short search by default, 20 times as long with TEST_EFFORT=20."""

import os

from hypothesis import HealthCheck, settings

_EFFORT = int(os.environ.get("TEST_EFFORT", "1"))


def effort(examples: int, steps: int = 50) -> settings:
    """Return settings for this many examples of this many steps, without any time limit."""
    return settings(
        deadline=None,
        max_examples=examples * _EFFORT,
        stateful_step_count=steps,
        suppress_health_check=[HealthCheck.too_slow],
    )
