"""Rate limits: their notation, and the bearer's remaining requests."""

import pytest

from producer_api.contract.token_verifier import WRITE_SCOPE, Identity
from producer_api.identity.rate_limits import RateLimits, rate_limit


def _bearer(subject: str, *scopes: str) -> Identity:
    return Identity(subject, frozenset(scopes), accepted_until=2e9)


@pytest.mark.parametrize("text", ["300 per 10 second", "5/minute", "1 per day"])
def test_notation_of_the_library_is_accepted(text: str) -> None:
    assert rate_limit(text) is not None


def test_the_word_none_means_no_limit() -> None:
    assert rate_limit("none") is None


@pytest.mark.parametrize("text", ["", "many", "5", "0 per second", "-1/second", "5/second;9/hour"])
def test_anything_but_one_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="300 per 10 second"):
        rate_limit(text)


def test_first_request_above_the_limit_exceeds_it() -> None:
    limits = RateLimits(rate_limit("2 per 10 second"), None)
    ana = _bearer("ana")
    spent = [limits.spend(ana) for _ in range(3)]
    assert [(allowance.remaining, allowance.exceeded) for allowance in spent if allowance] == [
        (1, False),
        (0, False),
        (0, True),
    ]
    last = spent[-1]
    assert last is not None
    assert 1 <= last.reset <= 10
    assert dict(last.headers) == {
        b"ratelimit-policy": b'"shopper";q=2;w=10',
        b"ratelimit": f'"shopper";r=0;t={last.reset}'.encode(),
    }


def test_limit_is_per_bearer_and_a_new_token_does_not_reset_it() -> None:
    limits = RateLimits(rate_limit("1 per hour"), rate_limit("1 per hour"))
    for bearer in (_bearer("ana"), _bearer("eve"), _bearer("ana", WRITE_SCOPE)):
        spent = limits.spend(bearer)
        assert spent is not None
        assert not spent.exceeded
    again = limits.spend(Identity("ana", frozenset({"more"}), accepted_until=3e9))
    assert again is not None
    assert again.exceeded


def test_bearer_without_a_limit_has_no_allowance() -> None:
    limits = RateLimits(rate_limit("1 per hour"), None)
    assert limits.spend(_bearer("orders", WRITE_SCOPE)) is None


def test_bytes_of_services_have_their_own_limit() -> None:
    limits = RateLimits(None, None, rate_limit("100 per 10 second"))
    orders = _bearer("orders", WRITE_SCOPE)
    assert limits.spend(orders) is None
    spent = [limits.spend_bytes(orders, count) for count in (60, 70, 1)]
    assert [(some.remaining, some.exceeded) for some in spent if some] == [
        (40, False),
        (0, False),
        (0, True),
    ]
    whole = limits.spend_bytes(_bearer("other", WRITE_SCOPE), 500)
    assert whole is not None
    assert not whole.exceeded, "a body larger than the limit must pass if nothing was spent"
    assert spent[0] is not None
    policy = b'"service-bytes";q=100;qu="content-bytes";w=10'
    assert spent[0].headers[0] == (b"ratelimit-policy", policy)
    assert RateLimits(None, None).spend_bytes(orders, 10**9) is None
