"""The tokens that are accepted, and the claims that they must have."""

import json
import time
from typing import Any

import pytest

from producer_api.contract.token_verifier import TokenVerifier
from tests.producer_api.contract.tokens import (
    EC,
    RSA,
    SECRET,
    claims_of,
    refusal_of,
    signed,
    signed_by_hand,
    verifier_of,
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
        ({"exp": "soon"}, "not valid"),
        ({"exp": "9999999999"}, "not a number"),
        ({"exp": [9999999999]}, "not valid"),
        ({"exp": float("inf")}, "not valid"),
        ({"exp": float("nan")}, "not valid"),
        ({"exp": -9999999999}, "expired"),
        ({"exp": True}, "expired"),
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


async def test_a_huge_expiry_is_accepted(by_secret: TokenVerifier) -> None:
    assert (await by_secret.verify(signed(exp=10**400))).accepted_until > time.time()


async def test_expiry_may_have_fractions_of_seconds(by_secret: TokenVerifier) -> None:
    assert (await by_secret.verify(signed(exp=time.time() + 60.5))).subject == "ana"


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
