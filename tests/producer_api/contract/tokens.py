"""Makes tokens for tests, and runs their issuer."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from producer_api.contract.settings import SharedSettings
from producer_api.contract.token_errors import TokenRefusedError
from producer_api.contract.token_verifier import TokenVerifier

SECRET = "a secret of the tests, long enough for HS256"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SOON = int(time.time()) + 3600
EC = ec.generate_private_key(ec.SECP256R1())


def claims_of(**changed: Any) -> dict[str, Any]:
    """Return ana's claims with these changes. None removes a claim."""
    claims = {"sub": "ana", "exp": int(time.time()) + 60, **changed}
    return {name: value for name, value in claims.items() if value is not None}


def signed(
    key: Any = SECRET,
    algorithm: str = "HS256",
    kid: str | None = None,
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Return a token made by PyJWT."""
    headers = {**(header or {}), **({"kid": kid} if kid else {})}
    return jwt.encode(claims_of(**claims), key, algorithm=algorithm, headers=headers)


def forged(header: object, claims: object, signature: bytes = b"") -> str:
    """Return a token that an attacker could write."""
    return ".".join(
        _base64(part) for part in (orjson.dumps(header), orjson.dumps(claims), signature)
    )


def signed_by_hand(header: bytes, claims: bytes, key: str | bytes = SECRET) -> str:
    """Return an HS256 token with a valid signature and any content."""
    algorithm: Any = jwt.get_algorithm_by_name("HS256")
    signing_input = f"{_base64(header)}.{_base64(claims)}"
    raw = key.encode() if isinstance(key, str) else key
    return f"{signing_input}.{_base64(algorithm.sign(signing_input.encode(), raw))}"


def _base64(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def verifier_of(**settings: Any) -> TokenVerifier:
    """Return a verifier with these settings."""
    return TokenVerifier(SharedSettings.model_validate(settings))


async def refusal_of(verifier: TokenVerifier, token: str) -> str:
    """Return why the verifier refuses this token."""
    with pytest.raises(TokenRefusedError) as refusal:
        await verifier.verify(token)
    return str(refusal.value)


class Issuer:
    """A JWKS endpoint that can fail and counts its requests."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.body: bytes | None = None
        self.failing = False
        self.fetches = 0
        self.url = ""

    async def answer(self, _: web.Request) -> web.Response:
        """Answer one request."""
        self.fetches += 1
        body = orjson.dumps({"keys": self.keys}) if self.body is None else self.body
        status = 500 if self.failing else 200
        return web.Response(body=body, status=status, content_type="application/json")

    def publish(
        self, kid: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **members: Any
    ) -> None:
        """Add a key to the set."""
        algorithm: Any = jwt.get_algorithm_by_name(
            "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        )
        jwk = algorithm.to_jwk(key.public_key(), as_dict=True)
        self.keys.append({**jwk, "kid": kid, "use": "sig", **members})


@asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """Run an issuer with the keys `r1` (RSA) and `e1` (P-256)."""
    issuer = Issuer()
    app = web.Application()
    app.router.add_get("/jwks", issuer.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    issuer.publish("r1", RSA)
    issuer.publish("e1", EC)
    try:
        yield issuer
    finally:
        await runner.cleanup()
