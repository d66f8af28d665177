"""Both programs accept tokens that an issuer signs with its own keys, without a shared secret."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import socketio

from tests.integration.producer_api.api import Api, notification
from tests.producer_api.contract.tokens import EC, RSA, SECRET, Issuer, issuing, signed
from tests.services.program import Program, running
from tests.services.shopper import Shopper

_CLAIMS = {"aud": "notifications", "iss": "https://issuer.example"}


@pytest_asyncio.fixture
async def issuer(stack_env: dict[str, str]) -> AsyncIterator[Issuer]:
    """The issuer from which both programs fetch the keys."""
    async with issuing() as opened:
        del stack_env["AUTH_JWT_SECRET"]
        stack_env |= {
            "AUTH_JWKS_URL": opened.url,
            "AUTH_JWT_AUDIENCE": _CLAIMS["aud"],
            "AUTH_JWT_ISSUER": _CLAIMS["iss"],
            "DELIVERY_PEER_SECRET": "a secret of instances, which signs no token",
        }
        yield opened


def _token(key: Any, algorithm: str, kid: str, **claims: Any) -> str:
    return signed(key, algorithm, kid, **{**_CLAIMS, **claims})


async def test_tokens_of_the_issuer_are_accepted(
    issuer: Issuer, producer_api: Program, delivery: Program
) -> None:
    service = _token(RSA, "RS256", "r1", sub="orders", scope="notifications:write")
    ana = Shopper("ana", delivery.url)
    async with running(producer_api, delivery), Api(producer_api.url) as api:
        await ana.connect(_token(EC, "ES256", "e1"))
        try:
            answer = await api.call("POST", "/v1/notifications", service, json=notification())
            assert answer.status_code == 201, answer.text
            await ana.has(1)
        finally:
            await ana.disconnect()
        listing = "/v1/users/me/notifications"
        assert (await api.call("GET", listing, _token(EC, "ES256", "e1"))).status_code == 200
    assert issuer.fetches == 2, "each program must fetch the keys once"


@pytest.mark.usefixtures("issuer")
async def test_other_tokens_are_refused(producer_api: Program, delivery: Program) -> None:
    refused = {
        "another audience": _token(RSA, "RS256", "r1", aud="another"),
        "no audience": _token(RSA, "RS256", "r1", aud=None),
        "another issuer": _token(RSA, "RS256", "r1", iss="https://another.example"),
        "no issuer": _token(RSA, "RS256", "r1", iss=None),
        "another key": _token(EC, "ES256", "r1"),
        "a shared secret": _token(SECRET, "HS256", "r1"),
    }
    async with running(producer_api, delivery), Api(producer_api.url) as api:
        for reason, token in refused.items():
            answer = await api.call("GET", "/v1/users/me/notifications", token)
            assert (reason, answer.status_code) == (reason, 401)
            ana = Shopper("ana", delivery.url)
            with pytest.raises(socketio.exceptions.ConnectionError):
                await ana.connect(token)
            assert ana.refusal, reason
