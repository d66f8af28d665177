"""The tokens that are accepted, and the claims that they must have."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from producer_api.contract.token_errors import TokenRefusedError
from producer_api.contract.token_verifier import TokenVerifier
from tests.producer_api.contract.tokens import (
    EC,
    RSA,
    SECRET,
    SOON,
    claims_of,
    refusal_of,
    signed,
    signed_by_hand,
    verifier_of,
)

_YEAR = 366 * 24 * 3600
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


async def test_a_token_identifies_a_shopper_or_a_service(by_secret: TokenVerifier) -> None:
    shopper = await by_secret.verify(signed())
    assert (shopper.subject, shopper.is_service) == ("ana", False)
    service = await by_secret.verify(signed(sub="orders", scope="a notifications:write b"))
    assert (service.subject, service.is_service) == ("orders", True)
    assert service.accepted_until > time.time()


@pytest.mark.parametrize("scope", ["notifications:write2", "xnotifications:write", "", None])
async def test_a_scope_counts_only_as_a_whole_word(
    by_secret: TokenVerifier, scope: str | None
) -> None:
    assert not (await by_secret.verify(signed(scope=scope))).is_service


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, "'exp'"),
        ({"sub": None}, "'sub'"),
        ({"sub": ""}, "empty"),
        ({"sub": 7}, "Subject"),
        ({"sub": "\ud800"}, "not a text"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": "soon"}, "exp is not a number"),
        ({"exp": "9999999999"}, "exp is not a number"),
        ({"exp": [9999999999]}, "exp is not a number"),
        ({"exp": float("inf")}, "exp is not a number"),
        ({"exp": float("nan")}, "exp is not a number"),
        ({"exp": -9999999999}, "expired"),
        ({"exp": True}, "exp is not a number"),
        ({"exp": {}}, "exp is not a number"),
        ({"exp": 0}, "expired"),
        ({"exp": int(time.time() * 1000)}, "seconds, not milliseconds"),
        ({"exp": time.time() * 1e6}, "seconds, not milliseconds"),
        ({"exp": 10**400}, "seconds, not milliseconds"),
        ({"exp": int(time.time()) + 301 * _YEAR}, "more than 9486720000 seconds after now"),
        ({"exp": int(time.time()) + 86400, "iat": int(time.time()) - 300 * _YEAR}, "its iat"),
        ({"iat": int(time.time() * 1000)}, "seconds, not milliseconds"),
        ({"nbf": int(time.time() * 1000)}, "seconds, not milliseconds"),
        ({"iat": "1"}, "iat is not a number"),
        ({"iat": True}, "iat is not a number"),
        ({"iat": []}, "iat is not a number"),
        ({"nbf": "1"}, "nbf is not a number"),
        ({"nbf": float("nan")}, "nbf is not a number"),
        ({"sub": "me"}, "not a user id"),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"iat": int(time.time()) + 3600}, "not yet valid"),
        ({"scope": ["notifications:write"]}, "scope"),
    ],
)
async def test_missing_or_wrong_claims_are_refused(
    by_secret: TokenVerifier, claims: dict[str, Any], reason: str
) -> None:
    # Signed by hand, because PyJWT refuses to sign some of these claims.
    token = signed_by_hand(b'{"alg":"HS256"}', json.dumps(claims_of(**claims)).encode())
    assert reason in await refusal_of(by_secret, token)


async def test_a_clock_skew_of_seconds_is_accepted(by_secret: TokenVerifier) -> None:
    now = int(time.time())
    accepted = await by_secret.verify(signed(exp=now - 10))
    assert accepted.accepted_until == now + 20, "a connection may last until the end of the leeway"
    await by_secret.verify(signed(nbf=now + 20))
    await refusal_of(by_secret, signed(exp=now - 31))
    await refusal_of(by_secret, signed(nbf=now + 60))


@pytest.mark.parametrize("claim", ["iat", "nbf"])
async def test_an_issuers_clock_may_be_45_seconds_ahead(
    by_secret: TokenVerifier, claim: str
) -> None:
    now = int(time.time())
    ahead: dict[str, Any] = {claim: now + 45}
    await by_secret.verify(signed(**ahead))
    too_far: dict[str, Any] = {claim: now + 60}
    assert "in the future" in await refusal_of(by_secret, signed(**too_far))


@pytest.mark.parametrize("with_iat", [True, False])
async def test_the_longest_life_is_counted_by_the_issuers_clock(*, with_iat: bool) -> None:
    verifier = verifier_of(auth_jwt_secret=SECRET, auth_max_token_age_seconds=60)
    theirs = int(time.time()) + 45
    await verifier.verify(signed(iat=theirs if with_iat else None, exp=theirs + 60))
    await verifier.close()


@pytest.mark.parametrize(
    ("token_of", "code", "is_retryable"),
    [
        (lambda: "nonsense", "token_invalid", False),
        (lambda: signed(exp=None), "token_invalid", False),
        (lambda: signed("x" * 32), "token_not_verified", True),
        (lambda: signed(exp=1), "token_expired", True),
        (lambda: signed(nbf=SOON), "token_not_yet_valid", True),
        (lambda: signed(iat=SOON), "token_not_yet_valid", True),
    ],
)
async def test_a_refusal_tells_programs_whether_to_retry(
    by_secret: TokenVerifier, token_of: Callable[[], str], code: str, *, is_retryable: bool
) -> None:
    # Sign the token here: in a long test run, one signed at import would expire before this test.
    with pytest.raises(TokenRefusedError) as refusal:
        await by_secret.verify(token_of())
    assert (refusal.value.code, refusal.value.code.is_retryable) == (code, is_retryable)


async def test_a_key_that_the_issuer_lacks_may_appear_later(by_issuer: TokenVerifier) -> None:
    with pytest.raises(TokenRefusedError) as refusal:
        await by_issuer.verify(signed(RSA, "RS256", "r2"))
    assert refusal.value.code.is_retryable


async def test_the_longest_life_of_a_token_can_be_set() -> None:
    verifier, now = verifier_of(auth_jwt_secret=SECRET, auth_max_token_age_seconds=60), time.time()
    assert (await verifier.verify(signed(iat=now - 20, exp=now + 30))).issued_at == now - 20
    assert (await verifier.verify(signed(exp=now + 80))).issued_at is None
    assert "more than 60 seconds after now" in await refusal_of(verifier, signed(exp=now + 120))
    old = signed(iat=now - 90, exp=now + 30)
    assert "more than 60 seconds after its iat" in await refusal_of(verifier, old)
    await verifier.close()


@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "cty"]), _JSON),
    claims=st.dictionaries(
        st.sampled_from(["sub", "exp", "iat", "nbf", "scope", "aud", "iss", "jti"]), _JSON
    ),
)
@example(header={}, claims={"iat": None})
@example(header={"kid": ["r1"]}, claims={})
@settings(max_examples=100)
def test_a_token_with_any_content_is_accepted_or_refused_with_a_reason(
    header: dict[str, Any], claims: dict[str, Any]
) -> None:
    both = verifier_of(auth_jwt_secret=SECRET, auth_jwt_audience="a", auth_jwt_issuer="i")
    good = {"sub": "ana", "exp": time.time() + 60, "aud": "a", "iss": "i"}
    token = signed_by_hand(
        json.dumps({"alg": "HS256", **header}).encode(), json.dumps({**good, **claims}).encode()
    )
    with suppress(TokenRefusedError):
        asyncio.run(both.verify(token))


@pytest.mark.parametrize(
    "header",
    [{"alg": "x" * 9_000}, {"alg": "HS256", "crit": ["\ud800" + "x" * 9_000]}, {"alg": ["x"] * 99}],
)
async def test_a_refusal_is_short_and_can_be_written_as_utf8(
    by_secret: TokenVerifier, header: dict[str, Any]
) -> None:
    token = signed_by_hand(json.dumps(header).encode(), b"{}")
    assert len((await refusal_of(by_secret, token)).encode()) < 200


async def test_expiry_may_have_fractions_of_seconds(by_secret: TokenVerifier) -> None:
    assert (await by_secret.verify(signed(exp=time.time() + 60.5))).subject == "ana"


async def test_while_secrets_rotate_tokens_of_either_are_accepted() -> None:
    verifier = verifier_of(auth_jwt_secret="n" * 32, auth_jwt_secret_previous=SECRET)
    assert (await verifier.verify(signed("n" * 32))).subject == "ana"
    assert (await verifier.verify(signed(SECRET))).subject == "ana"
    assert "Signature" in await refusal_of(verifier, signed("x" * 32))
    assert "expired" in await refusal_of(verifier, signed(SECRET, exp=1))
    await verifier.close()


async def test_tokens_of_an_issuer_need_an_issuer_setting(by_secret: TokenVerifier) -> None:
    assert "'RS256'" in await refusal_of(by_secret, signed(RSA, "RS256", "r1"))


async def test_a_token_signed_with_the_issuers_key_is_accepted(by_issuer: TokenVerifier) -> None:
    assert (await by_issuer.verify(signed(RSA, "RS256", "r1"))).subject == "ana"
    assert (await by_issuer.verify(signed(EC, "ES256", "e1"))).subject == "ana"


async def test_audience_and_issuer_are_checked_if_set() -> None:
    verifier = verifier_of(
        auth_jwt_secret=SECRET, auth_jwt_audience="notifications", auth_jwt_issuer="shop"
    )
    await verifier.verify(signed(aud="notifications", iss="shop"))
    await refusal_of(verifier, signed(aud="other", iss="shop"))
    await refusal_of(verifier, signed(aud="notifications", iss="other"))
    await refusal_of(verifier, signed(iss="shop"))
    await refusal_of(verifier, signed(aud="notifications"))
    await verifier.verify(signed(aud=["other", "notifications"], iss="shop"))
    await refusal_of(verifier, signed(aud=["other"], iss="shop"))
    await refusal_of(verifier, signed(aud=[], iss="shop"))
    await verifier.close()
