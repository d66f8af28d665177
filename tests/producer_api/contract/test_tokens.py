"""Tokens: what lets a bearer in, and every way that must not."""

import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import orjson
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from producer_api.contract.jwks import KeyUnavailableError
from producer_api.contract.settings import SharedSettings
from producer_api.contract.tokens import TokenRefusedError, TokenVerifier

_SECRET = "a secret of the tests, long enough for HS256"
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_EC = ec.generate_private_key(ec.SECP256R1())


def _claims(**changed: Any) -> dict[str, Any]:
    claims = {"sub": "ana", "exp": int(time.time()) + 60, **changed}
    return {name: value for name, value in claims.items() if value is not None}


def _signed(key: Any = _SECRET, algorithm: str = "HS256", kid: str | None = None, **c: Any) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(_claims(**c), key, algorithm=algorithm, headers=headers)


def _forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (orjson.dumps(header), orjson.dumps(claims), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class _Issuer:
    """A JWKS endpoint that may fail, and counts how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.failing = False
        self.asked = 0
        self.url = ""

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response({"keys": self.keys}, status=500 if self.failing else 200)

    def publish(self, kid: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        algorithm: Any = jwt.get_algorithm_by_name(
            "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        )
        jwk = algorithm.to_jwk(key.public_key(), as_dict=True)
        self.keys.append({**jwk, "kid": kid, "use": "sig"})


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[_Issuer]:
    issuer = _Issuer()
    app = web.Application()
    app.router.add_get("/jwks", issuer.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    issuer.publish("r1", _RSA)
    issuer.publish("e1", _EC)
    yield issuer
    await runner.cleanup()


@pytest_asyncio.fixture
async def by_secret() -> AsyncIterator[TokenVerifier]:
    verifier = _verifier(auth_jwt_secret=_SECRET)
    yield verifier
    await verifier.close()


@pytest_asyncio.fixture
async def by_issuer(issuer: _Issuer) -> AsyncIterator[TokenVerifier]:
    verifier = _verifier(auth_jwks_url=issuer.url)
    yield verifier
    await verifier.close()


def _verifier(**settings: Any) -> TokenVerifier:
    return TokenVerifier(SharedSettings.model_validate(settings))


async def _refusal(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(TokenRefusedError) as refusal:
        await verifier.verify(token)
    return str(refusal.value)


async def test_a_shopper_and_a_service(by_secret: TokenVerifier) -> None:
    shopper = await by_secret.verify(_signed())
    assert (shopper.subject, shopper.is_service) == ("ana", False)
    service = await by_secret.verify(_signed(sub="orders", scope="a notifications:write b"))
    assert (service.subject, service.is_service) == ("orders", True)
    assert service.accepted_until > time.time()


@pytest.mark.parametrize("scope", ["notifications:write2", "xnotifications:write", "", None])
async def test_a_scope_counts_only_as_a_whole_word(
    by_secret: TokenVerifier, scope: str | None
) -> None:
    assert not (await by_secret.verify(_signed(scope=scope))).is_service


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, "'exp'"),
        ({"sub": None}, "'sub'"),
        ({"sub": ""}, "empty"),
        ({"sub": 7}, "Subject"),
        ({"sub": "\ud800"}, "no text"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": "soon"}, "not valid"),
        ({"exp": float("inf")}, "not valid"),
        ({"nbf": int(time.time()) + 3600}, "not yet valid"),
        ({"scope": ["notifications:write"]}, "scope"),
    ],
)
async def test_claims_that_are_missing_or_wrong(
    by_secret: TokenVerifier, claims: dict[str, Any], reason: str
) -> None:
    # By hand: PyJWT itself would not sign some of these.
    algorithm: Any = jwt.get_algorithm_by_name("HS256")
    token = jwt.PyJWS().encode(
        json.dumps(_claims(**claims)).encode(), algorithm.prepare_key(_SECRET), "HS256"
    )
    assert reason in await _refusal(by_secret, token)


async def test_a_skew_of_seconds_is_forgiven(by_secret: TokenVerifier) -> None:
    now = int(time.time())
    forgiven = await by_secret.verify(_signed(exp=now - 10))
    assert forgiven.accepted_until == now + 20, "whatever lives as long as its token lives so long"


async def test_an_endless_expiry_is_no_trouble(by_secret: TokenVerifier) -> None:
    assert (await by_secret.verify(_signed(exp=10**400))).accepted_until > time.time()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, ["HS256"], "HS384"])
async def test_unsigned_and_unknown_algorithms(by_secret: TokenVerifier, algorithm: object) -> None:
    token = _forged({"alg": algorithm, "typ": "JWT"}, _claims())
    await _refusal(by_secret, token)


@pytest.mark.parametrize(
    "token", ["", "a", "a.b.c", "....", "é.é.é", "\x00", "a.\ud800.c", "a" * 9000]
)
async def test_rubbish(by_secret: TokenVerifier, token: str) -> None:
    await _refusal(by_secret, token)


async def test_another_secret_or_a_changed_claim(by_secret: TokenVerifier) -> None:
    await _refusal(by_secret, _signed(_SECRET[::-1]))
    head, _, signature = _signed().split(".")
    other = _signed(sub="eve").split(".")[1]
    await _refusal(by_secret, f"{head}.{other}.{signature}")


async def test_the_secret_alone_accepts_no_issuers_token(by_secret: TokenVerifier) -> None:
    assert "'RS256'" in await _refusal(by_secret, _signed(_RSA, "RS256", "r1"))


async def test_the_issuers_keys(by_issuer: TokenVerifier) -> None:
    assert (await by_issuer.verify(_signed(_RSA, "RS256", "r1"))).subject == "ana"
    assert (await by_issuer.verify(_signed(_EC, "ES256", "e1"))).subject == "ana"


async def test_a_public_key_is_no_secret(by_issuer: TokenVerifier) -> None:
    pem = _RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signing: Any = jwt.get_algorithm_by_name("HS256")
    head_and_claims = _forged({"alg": "HS256", "kid": "r1"}, _claims()).rsplit(".", 1)[0]
    signature = signing.sign(head_and_claims.encode(), pem)
    token = f"{head_and_claims}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert "'HS256'" in await _refusal(by_issuer, token)


async def test_a_key_serves_only_its_own_algorithm(by_issuer: TokenVerifier) -> None:
    token = _forged({"alg": "ES256", "kid": "r1"}, _claims(), b"x" * 64)
    assert "lacks" in await _refusal(by_issuer, token)


async def test_made_up_key_ids_do_not_flood_the_issuer(
    by_issuer: TokenVerifier, issuer: _Issuer
) -> None:
    for number in range(5):
        await _refusal(by_issuer, _signed(_RSA, "RS256", f"made-up-{number}"))
    assert issuer.asked == 1


async def test_keys_outlive_an_outage_of_the_issuer(
    by_issuer: TokenVerifier, issuer: _Issuer
) -> None:
    await by_issuer.verify(_signed(_RSA, "RS256", "r1"))
    issuer.failing = True
    await by_issuer.verify(_signed(_RSA, "RS256", "r1"))
    assert "lacks" in await _refusal(by_issuer, _signed(_RSA, "RS256", "new"))


async def test_an_issuer_that_was_never_reached(by_issuer: TokenVerifier, issuer: _Issuer) -> None:
    issuer.failing = True
    with pytest.raises(KeyUnavailableError):
        await by_issuer.verify(_signed(_RSA, "RS256", "r1"))


async def test_audience_and_issuer_where_they_are_set() -> None:
    verifier = _verifier(
        auth_jwt_secret=_SECRET, auth_jwt_audience="notifications", auth_jwt_issuer="shop"
    )
    await verifier.verify(_signed(aud="notifications", iss="shop"))
    await _refusal(verifier, _signed(aud="other", iss="shop"))
    await _refusal(verifier, _signed(aud="notifications", iss="other"))
    await _refusal(verifier, _signed(iss="shop"))
    await verifier.close()
