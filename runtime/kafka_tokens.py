"""Tokens for Kafka (`OAUTHBEARER`), from a callable that the operator provides."""

import asyncio
import inspect
import time
from collections.abc import Callable

from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import OAuthAuthenticator
from aiokafka.errors import KafkaError, SaslAuthenticationFailed

_ANSWER_SECONDS = 10.0
#: A token is replaced when this share of its lifetime is over. Open connections keep the old one: a
#: broker ends a connection when the token with which it began expires, and aiokafka connects again.
_USED_SHARE = 0.8
#: If Kafka refuses a token, the provider is asked for another one, but not more often than this.
#: With wrong settings, all tokens are refused, and each connection is tried again at once.
_REFUSED_SECONDS = 10.0

#: Returns a token, or a token and the Unix time in milliseconds at which the token expires. The
#: callable may be a coroutine function; any other function is called in a thread.
Provide = Callable[[], object]


class TokenProviderError(KafkaError):  # type: ignore[misc] # aiokafka has no types
    """The provider returned no usable token. The message says why."""


class Tokens(AbstractTokenProvider):  # type: ignore[misc] # aiokafka has no types
    """Owns the current token, and asks for the next one before it expires.

    A token without an expiry time is used for one connection. Error messages call the provider
    `name`.
    """

    def __init__(self, name: str, provide: Provide) -> None:
        _heed_refusals()
        self._name = name
        self._provide = provide
        self._token = ""
        self._renew_at = 0.0
        self._asking = asyncio.Lock()
        #: The call of the provider that is under way, or whose result nobody has taken yet.
        self._call: asyncio.Task[object] | None = None
        #: When it was called, by the monotonic clock, and by the clock that tells the expiry.
        self._called_at = self._asked_at = 0.0

    async def token(self) -> str:
        """Return a token that has not expired. Raises `TokenProviderError`."""
        # After a rebalance, many connections ask at once. The first one gets the token for all.
        async with self._asking:
            if time.time() >= self._renew_at:
                await self._renew()
            return self._token

    def refused(self) -> None:
        """Replace the current token soon, because Kafka has refused it.

        Its issuer may have revoked it, or replaced its key. Kafka would refuse it until the end of
        its lifetime.
        """
        self._renew_at = min(self._renew_at, self._asked_at + _REFUSED_SECONDS)

    async def _renew(self) -> None:
        """Ask the provider. If the caller is cancelled, the next caller continues this call.

        aiokafka gives up a connection before a slow provider answers. If each attempt to connect
        made its own call, none would ever get a token, and the threads of the calls would pile up.
        """
        if self._call is None or time.monotonic() - self._called_at >= _ANSWER_SECONDS:
            self._give_up_call()
            self._call = asyncio.create_task(self._ask())
            self._called_at, self._asked_at = time.monotonic(), time.time()
        asked_at = self._asked_at
        try:
            async with asyncio.timeout(self._called_at + _ANSWER_SECONDS - time.monotonic()):
                token, expires_at = _checked(await asyncio.shield(self._call))
        # The provider is the operator's code, and may raise anything. After a `TokenProviderError`,
        # aiokafka tries again. Other errors would end the program's tasks.
        except Exception as error:
            self._give_up_call()
            raise TokenProviderError(f"{self._name} provides no token: {error!r}") from error
        self._call = None
        if expires_at is None:
            self._token, self._renew_at = token, 0.0
        elif expires_at <= asked_at:
            raise TokenProviderError(f"{self._name} provides a token that has expired")
        else:
            self._token = token
            self._renew_at = asked_at + (expires_at - asked_at) * _USED_SHARE

    def _give_up_call(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()
            # Otherwise asyncio logs that nobody has retrieved the task's exception.
            call.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def _ask(self) -> object:
        if inspect.iscoroutinefunction(self._provide):
            return await self._provide()
        return await asyncio.to_thread(self._provide)


def _heed_refusals() -> None:
    """Let aiokafka raise an error when Kafka refuses a token. A repeated call changes nothing.

    A server that refuses a token answers with the reason, waits for one more message of the client,
    and then ends the connection (RFC 7628, section 3.2.2). aiokafka takes any answer for consent,
    and goes on with its own requests. It would take the end of the refusal for their answer.
    """

    async def step(self: OAuthAuthenticator, payload: bytes | None) -> tuple[str, bool] | None:
        if payload:
            provider = self._sasl_oauth_token_provider
            if isinstance(provider, Tokens):
                provider.refused()
            raise SaslAuthenticationFailed(payload.decode(errors="replace"))
        answer: tuple[str, bool] | None = await _aiokafkas_step(self, payload)
        return answer

    OAuthAuthenticator.step = step


_aiokafkas_step = OAuthAuthenticator.step


def _checked(provided: object) -> tuple[str, float | None]:
    """Return the token and when it expires, in Unix seconds; None if that is unknown."""
    match provided:
        case str(token) if token:
            return token, None
        case (str(token), int(expires_at_ms) | float(expires_at_ms)) if token:
            return token, expires_at_ms / 1000
    raise TypeError("expected a token, or a token and its expiry in Unix milliseconds")
