"""Fixtures: token verifiers, and a token issuer."""

from collections.abc import AsyncIterator

import pytest_asyncio

from producer_api.contract.token_verifier import TokenVerifier
from tests.producer_api.contract.tokens import SECRET, Issuer, issuing, verifier_of


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A running issuer with the keys `r1` (RSA) and `e1` (P-256)."""
    async with issuing() as opened:
        yield opened


@pytest_asyncio.fixture
async def by_secret() -> AsyncIterator[TokenVerifier]:
    """A verifier with the shared secret only."""
    verifier = verifier_of(auth_jwt_secret=SECRET)
    yield verifier
    await verifier.close()


@pytest_asyncio.fixture
async def by_issuer(issuer: Issuer) -> AsyncIterator[TokenVerifier]:
    """A verifier with the issuer's keys only."""
    verifier = verifier_of(auth_jwks_url=issuer.url)
    yield verifier
    await verifier.close()
