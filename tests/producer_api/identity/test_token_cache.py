"""The token cache verifies a token only once, and never accepts it for too long."""

import pytest

from producer_api.contract.revocations import Revocations
from producer_api.contract.token_errors import TokenRefusedError
from producer_api.contract.token_verifier import Identity, TokenVerifier
from producer_api.identity import token_cache
from producer_api.identity.token_cache import KEPT_SECONDS, TokenCache
from tests.producer_api.clock import Clock


class _Verifier(TokenVerifier):
    """Accepts every token, unless `refuses` is set. Records the tokens it verified."""

    def __init__(self) -> None:
        self.verified: list[str] = []
        self.accepted_until = 2000.0
        self.refuses = False

    async def verify(self, token: str) -> Identity:
        self.verified.append(token)
        if self.refuses:
            raise TokenRefusedError("no")
        return Identity(token, frozenset(), self.accepted_until)


class _Revocations(Revocations):
    """Refuses the tokens of these users."""

    def __init__(self, *users: str) -> None:
        self.users = set(users)

    def check(self, identity: Identity) -> None:
        if identity.subject in self.users:
            raise TokenRefusedError("ended")


async def test_same_token_is_verified_once() -> None:
    tokens = TokenCache(verifier := _Verifier(), _Revocations(), Clock(0), Clock(1000))
    assert [(await tokens.verify("a")).subject for _ in range(3)] == ["a", "a", "a"]
    assert (await tokens.verify("b")).subject == "b"
    assert verifier.verified == ["a", "b"]


async def test_token_of_a_withdrawn_key_is_refused_within_a_minute() -> None:
    tokens = TokenCache(verifier := _Verifier(), _Revocations(), clock := Clock(0), Clock(1000))
    await tokens.verify("a")
    verifier.refuses = True
    clock.now = KEPT_SECONDS - 1
    await tokens.verify("a")
    clock.now = KEPT_SECONDS
    with pytest.raises(TokenRefusedError):
        await tokens.verify("a")


async def test_token_is_not_accepted_after_it_expired() -> None:
    tokens = TokenCache(verifier := _Verifier(), _Revocations(), Clock(0), clock := Clock(1990))
    await tokens.verify("a")
    verifier.refuses = True
    clock.now = 1999.9
    await tokens.verify("a")
    clock.now = 2000
    with pytest.raises(TokenRefusedError):
        await tokens.verify("a")


async def test_a_cached_token_is_refused_once_the_sessions_are_ended() -> None:
    tokens = TokenCache(_Verifier(), revocations := _Revocations(), Clock(0), Clock(1000))
    await tokens.verify("a")
    revocations.users.add("a")
    with pytest.raises(TokenRefusedError, match="ended"):
        await tokens.verify("a")
    await tokens.verify("b")


async def test_refusal_is_not_cached() -> None:
    tokens = TokenCache(verifier := _Verifier(), _Revocations(), Clock(0), Clock(1000))
    verifier.refuses = True
    with pytest.raises(TokenRefusedError):
        await tokens.verify("a")
    verifier.refuses = False
    await tokens.verify("a")


async def test_least_recently_used_token_is_dropped_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_cache, "KEPT_TOKENS", 2)
    tokens = TokenCache(verifier := _Verifier(), _Revocations(), Clock(0), Clock(1000))
    for token in ("a", "b", "a", "c", "a", "b"):
        await tokens.verify(token)
    assert verifier.verified == ["a", "b", "c", "b"]
