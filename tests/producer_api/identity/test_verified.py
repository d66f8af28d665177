"""A token that was verified a moment ago is not verified again, and no longer than is right."""

import pytest

from producer_api.contract.tokens import Identity, TokenRefusedError, TokenVerifier
from producer_api.identity import verified
from producer_api.identity.verified import KEPT_SECONDS, VerifiedTokens


class _Verifier(TokenVerifier):
    """Accepts until a moment; counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.accepted_until = 2000.0
        self.refuses = False

    async def verify(self, token: str) -> Identity:
        self.asked.append(token)
        if self.refuses:
            raise TokenRefusedError("no")
        return Identity(token, frozenset(), self.accepted_until)


class _Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


async def test_the_same_token_is_verified_once() -> None:
    tokens = VerifiedTokens(verifier := _Verifier(), _Clock(0), _Clock(1000))
    assert [(await tokens.verify("a")).subject for _ in range(3)] == ["a", "a", "a"]
    assert (await tokens.verify("b")).subject == "b"
    assert verifier.asked == ["a", "b"]


async def test_a_withdrawn_key_ends_within_a_minute() -> None:
    tokens = VerifiedTokens(verifier := _Verifier(), clock := _Clock(0), _Clock(1000))
    await tokens.verify("a")
    verifier.refuses = True
    clock.now = KEPT_SECONDS - 1
    await tokens.verify("a")
    clock.now = KEPT_SECONDS
    with pytest.raises(TokenRefusedError):
        await tokens.verify("a")


async def test_never_beyond_the_tokens_own_end() -> None:
    tokens = VerifiedTokens(verifier := _Verifier(), _Clock(0), clock := _Clock(1990))
    await tokens.verify("a")
    verifier.refuses = True
    clock.now = 1999.9
    await tokens.verify("a")
    clock.now = 2000
    with pytest.raises(TokenRefusedError):
        await tokens.verify("a")


async def test_a_refusal_is_not_kept() -> None:
    tokens = VerifiedTokens(verifier := _Verifier(), _Clock(0), _Clock(1000))
    verifier.refuses = True
    with pytest.raises(TokenRefusedError):
        await tokens.verify("a")
    verifier.refuses = False
    await tokens.verify("a")


async def test_whoever_asked_least_recently_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "KEPT_TOKENS", 2)
    tokens = VerifiedTokens(verifier := _Verifier(), _Clock(0), _Clock(1000))
    for token in ("a", "b", "a", "c", "a", "b"):
        await tokens.verify(token)
    assert verifier.asked == ["a", "b", "c", "b"]
