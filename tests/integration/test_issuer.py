"""Tokens that an issuer signs with its own keys, at both programs, without a shared secret."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import socketio

from tests.integration.producer_api.api import Api, notification
from tests.producer_api.contract.tokens import EC, RSA, SECRET, Issuer, issuing, signed
from tests.services.program import Program, running
from tests.services.shopper import Shopper

_RIGHT = {"aud": "notifications", "iss": "https://issuer.example"}


@pytest_asyncio.fixture
async def issuer(stack_env: dict[str, str]) -> AsyncIterator[Issuer]:
    """The issuer whose keys the programs of this test fetch."""
    async with issuing() as opened:
        del stack_env["AUTH_JWT_SECRET"]
        stack_env |= {
            "AUTH_JWKS_URL": opened.url,
            "AUTH_JWT_AUDIENCE": _RIGHT["aud"],
            "AUTH_JWT_ISSUER": _RIGHT["iss"],
            "DELIVERY_PEER_SECRET": "a secret of instances, which signs no token",
        }
        yield opened


def _token(key: Any, algorithm: str, kid: str, **claims: Any) -> str:
    return signed(key, algorithm, kid, **{**_RIGHT, **claims})


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
async def test_tokens_from_elsewhere_are_refused(producer_api: Program, delivery: Program) -> None:
    refused = {
        "for another": _token(RSA, "RS256", "r1", aud="another"),
        "for nobody": _token(RSA, "RS256", "r1", aud=None),
        "of another": _token(RSA, "RS256", "r1", iss="https://another.example"),
        "of nobody": _token(RSA, "RS256", "r1", iss=None),
        "by another's key": _token(EC, "ES256", "r1"),
        "by a secret": _token(SECRET, "HS256", "r1"),
    }
    async with running(producer_api, delivery), Api(producer_api.url) as api:
        for why, token in refused.items():
            answer = await api.call("GET", "/v1/users/me/notifications", token)
            assert (why, answer.status_code) == (why, 401)
            ana = Shopper("ana", delivery.url)
            with pytest.raises(socketio.exceptions.ConnectionError):
                await ana.connect(token)
            assert ana.refusal, why
