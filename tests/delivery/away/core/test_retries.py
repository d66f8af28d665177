"""The pauses between attempts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from delivery.away.core.retries import Retries

_DUE = datetime(2026, 11, 2, 8, tzinfo=UTC)
_DAY = Retries(5, 86_400)


def test_a_day_has_few_attempts_and_the_last_one_is_at_its_end() -> None:
    now = _DUE
    pauses: list[float] = []
    while (again := _DAY.next_at(_DUE, now, len(pauses) + 1, 0.0)) is not None:
        pauses.append((again - now).total_seconds())
        now = again
    assert pauses[:4] == [5, 15, 45, 135]
    assert max(pauses) == 86_400 / 6
    assert now == _DUE + timedelta(days=1)
    assert len(pauses) == 13


@given(st.integers(1, 10_000), st.floats(0, 86_399), st.floats(0, 1), st.floats(0, 1e6))
def test_the_next_attempt_is_later_and_within_the_whole_time(
    failures: int, elapsed: float, jitter: float, asked: float
) -> None:
    now = _DUE + timedelta(seconds=elapsed)
    again = _DAY.next_at(_DUE, now, failures, jitter, asked)
    assert again is not None
    assert now < again <= _DUE + timedelta(days=1)


def test_an_endpoint_is_not_called_before_the_time_it_asks_for() -> None:
    assert _DAY.next_at(_DUE, _DUE, 1, 0.0, asked=600) == _DUE + timedelta(seconds=600)
