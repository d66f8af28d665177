"""An issuer's keys are fetched rarely, replaced when they change, and kept during outages."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa

from producer_api.contract import jwks
from producer_api.contract.jwks import (
    REFRESH_SECONDS,
    RETRY_SECONDS,
    IssuerKeys,
    KeyUnavailableError,
)
from tests.producer_api.clock import Clock
from tests.producer_api.contract.tokens import RSA, Issuer
from tests.services.waiting import eventually


@pytest.fixture
def clock() -> Clock:
    return Clock(now=1000.0)


@pytest_asyncio.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[IssuerKeys]:
    issuer_keys = IssuerKeys(issuer.url, clock)
    yield issuer_keys
    await issuer_keys.close()


async def _until_fetched(issuer: Issuer, times: int) -> None:
    async def was_fetched() -> bool:
        return issuer.fetches == times

    await eventually(was_fetched)


async def test_concurrent_lookups_share_one_fetch(keys: IssuerKeys, issuer: Issuer) -> None:
    results = await asyncio.gather(*(keys.find("r1", "RS256") for _ in range(20)))
    assert all(key == RSA.public_key() for key in results)
    assert issuer.fetches == 1


async def test_invented_key_ids_do_not_flood_the_issuer(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    for number in range(5):
        assert await keys.find(f"invented-{number}", "RS256") is None
    assert issuer.fetches == 1
    clock.now += RETRY_SECONDS
    for number in range(5):
        assert await keys.find(f"invented-{number}", "RS256") is None
    assert issuer.fetches == 2


async def test_a_new_key_is_fetched(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    await keys.find("r1", "RS256")
    issuer.publish("r2", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    clock.now += RETRY_SECONDS
    assert await keys.find("r2", "RS256") is not None


async def test_a_withdrawn_key_is_dropped_at_the_next_refresh(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    await keys.find("r1", "RS256")
    issuer.keys = [key for key in issuer.keys if key["kid"] != "r1"]
    clock.now += REFRESH_SECONDS + 1
    assert await keys.find("r1", "RS256") is not None, "a cached key must not wait for the refresh"
    await _until_fetched(issuer, 2)

    async def is_dropped() -> bool:
        return await keys.find("r1", "RS256") is None

    await eventually(is_dropped)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"keys":[]}',
        b'{"keys":7}',
        b'{"keys":[null,{"kty":[]},{"kty":"RSA","kid":"r1"}]}',
        b'{"keys":[{"kty":"oct","kid":"r1","k":"%s"}]}' % (b"c2VjcmV0" * 8),
        b'{"keys":[{"kty":"oct","kid":["r1"],"k":"c2VjcmV0","alg":[]}]}',
        b"[" * 100_000,
        b"\xff",
    ],
)
async def test_cached_keys_survive_bad_answers_of_the_issuer(
    body: bytes, keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    await keys.find("r1", "RS256")
    issuer.body = body
    clock.now += REFRESH_SECONDS + 1
    assert await keys.find("new", "RS256") is None
    assert issuer.fetches == 2
    assert await keys.find("r1", "RS256") is not None


async def test_cached_keys_survive_an_outage_of_the_issuer(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    await keys.find("r1", "RS256")
    issuer.failing = True
    for _ in range(3):
        clock.now += REFRESH_SECONDS + 1
        assert await keys.find("new", "RS256") is None
        assert await keys.find("r1", "RS256") is not None
    assert issuer.fetches == 4


async def test_without_any_keys_a_token_is_neither_accepted_nor_refused(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    issuer.failing = True
    for _ in range(2):
        with pytest.raises(KeyUnavailableError):
            await keys.find("r1", "RS256")
    issuer.failing = False
    clock.now += RETRY_SECONDS
    assert await keys.find("r1", "RS256") is not None


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:9/", "http://no host/"])
async def test_an_unusable_url_means_that_keys_are_unavailable(url: str) -> None:
    keys = IssuerKeys(url)
    with pytest.raises(KeyUnavailableError):
        await keys.find("r1", "RS256")
    await keys.close()


async def test_a_fetch_without_an_answer_times_out(
    keys: IssuerKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def hang(_: Any) -> None:
        await never.wait()

    monkeypatch.setattr(jwks, "_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(keys._client, "get", hang)
    async with asyncio.timeout(5):
        with pytest.raises(KeyUnavailableError):
            await keys.find("r1", "RS256")


async def test_one_fetch_runs_at_a_time_and_close_ends_it(
    keys: IssuerKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetches = 0

    async def hang(_: Any) -> None:
        nonlocal fetches
        fetches += 1
        await asyncio.Event().wait()

    monkeypatch.setattr(keys._client, "get", hang)
    lookups = []
    for _ in range(3):
        lookups.append(asyncio.create_task(keys.find("r1", "RS256")))
        await asyncio.sleep(0)
        clock.now += RETRY_SECONDS
    await asyncio.sleep(0)
    assert fetches == 1
    await keys.close()
    assert all(isinstance(result, asyncio.CancelledError) for result in await _results(lookups))


async def _results(tasks: list[asyncio.Task[Any]]) -> list[Any]:
    async with asyncio.timeout(5):
        return await asyncio.gather(*tasks, return_exceptions=True)
