"""Verifiers, and an issuer of tokens."""

from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import web

from producer_api.contract.tokens import TokenVerifier
from tests.producer_api.contract.tokens import EC, RSA, SECRET, Issuer, verifier_of


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """It has the keys `r1` (RSA) and `e1` (P-256)."""
    issuer = Issuer()
    app = web.Application()
    app.router.add_get("/jwks", issuer.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    issuer.publish("r1", RSA)
    issuer.publish("e1", EC)
    yield issuer
    await runner.cleanup()


@pytest_asyncio.fixture
async def by_secret() -> AsyncIterator[TokenVerifier]:
    """It knows the shared secret alone."""
    verifier = verifier_of(auth_jwt_secret=SECRET)
    yield verifier
    await verifier.close()


@pytest_asyncio.fixture
async def by_issuer(issuer: Issuer) -> AsyncIterator[TokenVerifier]:
    """It knows the issuer's keys alone."""
    verifier = verifier_of(auth_jwks_url=issuer.url)
    yield verifier
    await verifier.close()
