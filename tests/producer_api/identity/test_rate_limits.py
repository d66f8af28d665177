"""How much a bearer may ask."""

import pytest

from producer_api.contract.tokens import WRITE_SCOPE, Identity
from producer_api.identity.rate_limits import RateLimits, rate_limit
from producer_api.identity.windows import Windows


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _bearer(subject: str, *scopes: str) -> Identity:
    return Identity(subject, frozenset(scopes), accepted_until=2e9)


@pytest.mark.parametrize("text", ["300 per 10 second", "5/minute", "1 per day"])
def test_the_notation_of_the_library(text: str) -> None:
    assert rate_limit(text) is not None


def test_no_limit_has_a_word() -> None:
    assert rate_limit("none") is None


@pytest.mark.parametrize("text", ["", "many", "5", "0 per second", "-1/second", "5/second;9/hour"])
def test_what_is_not_one_limit(text: str) -> None:
    with pytest.raises(ValueError, match="300 per 10 second"):
        rate_limit(text)


async def test_a_bearer_has_so_many_in_a_window() -> None:
    limits = RateLimits(rate_limit("2 per 10 second"), None)
    ana = _bearer("ana")
    spent = [await limits.spend(ana) for _ in range(3)]
    assert [(each.remaining, each.exceeded) for each in spent if each] == [
        (1, False),
        (0, False),
        (0, True),
    ]
    last = spent[-1]
    assert last is not None
    assert 1 <= last.reset <= 10
    assert dict(last.fields) == {
        b"ratelimit-policy": b'"shopper";q=2;w=10',
        b"ratelimit": f'"shopper";r=0;t={last.reset}'.encode(),
    }


async def test_bearers_are_counted_apart_and_their_tokens_are_not() -> None:
    limits = RateLimits(rate_limit("1 per hour"), rate_limit("1 per hour"))
    for each in (_bearer("ana"), _bearer("eve"), _bearer("ana", WRITE_SCOPE)):
        spent = await limits.spend(each)
        assert spent is not None
        assert not spent.exceeded
    again = await limits.spend(Identity("ana", frozenset({"more"}), accepted_until=3e9))
    assert again is not None
    assert again.exceeded


async def test_where_there_is_no_limit_nothing_is_counted() -> None:
    limits = RateLimits(rate_limit("1 per hour"), None)
    assert await limits.spend(_bearer("orders", WRITE_SCOPE)) is None


async def test_a_window_ends_and_another_begins() -> None:
    windows = Windows(clock := _Clock(), clock)
    assert [await windows.incr("ana", 10) for _ in range(3)] == [1, 2, 3]
    clock.now += 9.9
    assert (await windows.get("ana"), await windows.get_expiry("ana")) == (3, 1010.0)
    clock.now += 0.1
    assert (await windows.get("ana"), await windows.get_expiry("ana")) == (0, 1010.0)
    assert await windows.incr("ana", 10) == 1
    assert await windows.get_expiry("ana") == 1020.0


async def test_a_clock_that_is_set_back_lengthens_no_window() -> None:
    windows = Windows(steady := _Clock(), wall := _Clock())
    await windows.incr("ana", 10)
    wall.now -= 3600
    steady.now += 10
    assert await windows.incr("ana", 10) == 1
    assert await windows.get_expiry("ana") == wall.now + 10


async def test_who_does_not_ask_is_forgotten() -> None:
    windows = Windows(clock := _Clock())
    for number in range(1000):
        clock.now += 1
        await windows.incr(str(number), 10)
    assert len(windows) == 10
