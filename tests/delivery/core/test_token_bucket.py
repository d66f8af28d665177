"""A token bucket over time: what it allows is within the rate and the bursts."""

from hypothesis import given
from hypothesis import strategies as st

from delivery.core.token_bucket import TokenBucket

_RATE, _BURST = 10.0, 50.0
#: In each pair, a pause in quarters of a second, and how many tokens are then taken one by one.
_USES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 120)), max_size=30)


def _uses(bucket: TokenBucket, now: float) -> bool:
    return bucket.take(1) or bucket.refill(now)


def test_a_burst_is_allowed_and_then_only_the_rate() -> None:
    bucket = TokenBucket(_RATE, _BURST, 0.0)
    assert all(_uses(bucket, 0.0) for _ in range(50))
    assert not _uses(bucket, 0.0)
    allowed = sum(_uses(bucket, 1 + number / 1000) for number in range(1000))
    assert allowed <= 2 * _RATE


@given(_USES)
def test_no_more_is_allowed_than_two_bursts_and_the_rate(uses: list[tuple[int, int]]) -> None:
    bucket, now, allowed = TokenBucket(_RATE, _BURST, 0.0), 0.0, 0
    for pause, count in uses:
        now += pause / 4
        allowed += sum(_uses(bucket, now) for _ in range(count))
    assert allowed <= 2 * _BURST + _RATE * now


@given(_USES)
def test_a_user_within_the_rate_is_never_refused(uses: list[tuple[int, int]]) -> None:
    bucket, now = TokenBucket(_RATE, _BURST, 0.0), 0.0
    for pause, count in uses:
        now += pause / 4
        allowed = min(count, int(_BURST), int(pause / 4 * _RATE))
        assert all(_uses(bucket, now) for _ in range(allowed))


def test_after_any_excess_the_bucket_is_full_again_in_the_time_of_two_bursts() -> None:
    bucket = TokenBucket(_RATE, _BURST, 0.0)
    for _ in range(10_000):
        _uses(bucket, 0.0)
    assert not bucket.refill(1.0)
    assert not bucket.is_full(9.0)
    assert bucket.is_full(10.0)
    assert bucket.refill(10.0)


def test_what_is_given_back_can_be_taken_again_but_never_exceeds_the_burst() -> None:
    bucket = TokenBucket(_RATE, _BURST, 0.0)
    for _ in range(1_000):
        assert bucket.take(1)
        bucket.give_back(1)
    bucket.give_back(1_000)
    assert bucket.take(_BURST)
    assert not bucket.take(1)
