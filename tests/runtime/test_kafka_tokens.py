"""Tokens are renewed before they expire, and a provider's failures are reported as Kafka's."""

import asyncio
import time

import pytest
from aiokafka.conn import OAuthAuthenticator
from aiokafka.errors import KafkaError, SaslAuthenticationFailed

from runtime import kafka_tokens
from runtime.kafka_tokens import TokenProviderError, Tokens


class _Provider:
    """Provides numbered tokens that are valid for this many seconds."""

    def __init__(self, seconds: float | None) -> None:
        self.count = 0
        self._seconds = seconds

    def __call__(self) -> object:
        self.count += 1
        if self._seconds is None:
            return f"token {self.count}"
        return f"token {self.count}", (time.time() + self._seconds) * 1000


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the module reads."""
    times = [time.time()]
    monkeypatch.setattr(time, "time", lambda: times[0])
    return times


async def test_all_connections_use_a_token_until_most_of_its_life_is_over(now: list[float]) -> None:
    provider = _Provider(900)
    tokens = Tokens("a provider", provider)
    at_once = await asyncio.gather(*(tokens.token() for _ in range(20)))
    now[0] += 700
    assert {*at_once, await tokens.token()} == {"token 1"}
    now[0] += 30
    assert await tokens.token() == "token 2"


async def test_a_token_that_kafka_refuses_is_replaced_but_not_at_each_attempt(
    now: list[float],
) -> None:
    provider = _Provider(900)
    tokens = Tokens("a provider", provider)
    used = []
    for _ in range(6):
        connecting = OAuthAuthenticator(sasl_oauth_token_provider=tokens)
        message, _ = await connecting.step(None)
        used.append(message.decode().split("Bearer ")[1].strip("\x01"))
        with pytest.raises(SaslAuthenticationFailed, match="invalid_token"):
            await connecting.step(b'{"status":"invalid_token"}')
        now[0] += 4
    assert used == ["token 1"] * 3 + ["token 2"] * 3
    now[0] += 4
    assert await tokens.token() == "token 3"
    now[0] += 60
    assert await tokens.token() == "token 3", "Kafka has not refused this one"


async def test_a_token_without_an_expiry_is_used_for_one_connection() -> None:
    tokens = Tokens("a provider", _Provider(None))
    assert [await tokens.token(), await tokens.token()] == ["token 1", "token 2"]


async def test_a_provider_may_be_a_coroutine_function() -> None:
    async def provide() -> str:
        return "a token"

    assert await Tokens("a provider", provide).token() == "a token"


@pytest.mark.parametrize("provided", [None, "", 7, ("a token",), ("a token", "tomorrow"), ("", 1)])
async def test_what_is_no_token_is_refused(provided: object) -> None:
    with pytest.raises(TokenProviderError, match="a provider provides no token: TypeError"):
        await Tokens("a provider", lambda: provided).token()


async def test_a_token_that_has_expired_is_refused() -> None:
    with pytest.raises(TokenProviderError, match="has expired"):
        await Tokens("a provider", _Provider(-1)).token()


async def test_any_error_of_a_provider_is_a_kafka_error() -> None:
    def fail() -> str:
        raise LookupError("no credentials")

    with pytest.raises(KafkaError, match=r"a provider provides no token: LookupError"):
        await Tokens("a provider", fail).token()


async def test_a_provider_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(kafka_tokens, "_ANSWER_SECONDS", 0.01)
    with pytest.raises(TokenProviderError, match="TimeoutError"):
        await Tokens("a provider", hang).token()


async def test_a_call_is_given_up_in_time_although_the_clock_is_set_back(
    now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    called = asyncio.Event()

    async def hang() -> str:
        called.set()
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(kafka_tokens, "_ANSWER_SECONDS", 0.05)
    tokens = Tokens("a provider", hang)
    connecting = asyncio.create_task(tokens.token())
    await called.wait()
    connecting.cancel()
    await asyncio.wait([connecting])
    now[0] -= 3600
    async with asyncio.timeout(10):
        with pytest.raises(TokenProviderError, match="TimeoutError"):
            await tokens.token()


async def test_a_connection_that_is_given_up_leaves_its_call_to_the_next_one() -> None:
    calls, may_answer = 0, asyncio.Event()

    async def provide() -> str:
        nonlocal calls
        calls += 1
        await may_answer.wait()
        return f"token {calls}"

    tokens = Tokens("a provider", provide)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await tokens.token()
    may_answer.set()
    assert await tokens.token() == "token 1"
    assert await tokens.token() == "token 2"  # without an expiry, a token is used only once


async def test_an_answer_that_nobody_waited_for_is_not_used_later() -> None:
    calls = 0

    async def provide() -> str:
        nonlocal calls
        calls += 1
        return f"token {calls}"

    tokens = Tokens("a provider", provide)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await tokens.token()
    assert calls == 1
    tokens._called_at -= 60
    assert await tokens.token() == "token 2"
