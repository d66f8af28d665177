"""The public keys of a token issuer (RFC 7517), cached for times when the issuer is down."""

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable
from typing import Any

import jwt

from producer_api.contract.token_errors import TokenUndecidedError

ALGORITHMS = ("RS256", "ES256")
REFRESH_SECONDS = 600.0
RETRY_SECONDS = 10.0
_TIMEOUT_SECONDS = 5.0

_log = logging.getLogger(__name__)


class KeyUnavailableError(TokenUndecidedError):
    """The issuer's keys cannot be fetched now."""


class IssuerKeys:
    """Owns the cached keys of one JWKS URL, and the task that fetches them.

    Fetches the keys if the cached ones are old, or if a token has an unknown key id. Only one fetch
    runs at a time, and fetches start at least 10 s apart. So tokens with invented key ids cannot
    cause a flood of requests to the issuer. Cached keys stay until a fetch replaces them. A token
    with a cached key does not wait for a fetch.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        # Import httpx here: this takes 0.1 s, and only programs with a token issuer need it.
        import httpx  # noqa: PLC0415

        self._url = url
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        self._keys: dict[tuple[str | None, str], Any] = {}
        self._fetched_at = self._tried_at = -REFRESH_SECONDS
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> Any | None:
        """Return the public key, or None if the issuer has no such key.

        Raises `KeyUnavailableError`.
        """
        key = self._keys.get((key_id, algorithm))
        if key is None or self._clock() - self._fetched_at > REFRESH_SECONDS:
            self._begin_fetch()
        if key is None and self._fetching is not None:
            # Shield the fetch: a caller may be cancelled while others wait for the same fetch.
            await asyncio.shield(self._fetching)
        if not self._keys:
            raise KeyUnavailableError("the token issuer's keys cannot be fetched")
        return self._keys.get((key_id, algorithm))

    def _begin_fetch(self) -> None:
        if self._fetching is None and self._clock() - self._tried_at >= RETRY_SECONDS:
            self._tried_at = self._clock()
            # Use an empty context, because the log lines of the fetch do not belong to one request.
            context = contextvars.Context()
            self._fetching = asyncio.create_task(self._fetch(), name="jwks", context=context)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                response = await self._client.get(self._url)
            self._keys = _signing_keys(response.raise_for_status().json())
            self._fetched_at = self._clock()
        except Exception as error:  # noqa: BLE001 - keep the cached keys after any error
            reason = str(error) or type(error).__name__
            _log.warning("issuer keys not fetched", extra={"cause": reason})
        finally:
            self._fetching = None

    async def close(self) -> None:
        """Cancel a running fetch, and close the connections to the issuer."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait((self._fetching,), timeout=_TIMEOUT_SECONDS)
        await self._client.aclose()


def _signing_keys(document: dict[str, Any]) -> dict[tuple[str | None, str], Any]:
    """Return the keys that may sign tokens, by key id and algorithm.

    Raises `ValueError` if there are none, because then the response is not from an issuer.
    """
    keys = {
        (key.key_id, key.algorithm_name): key.key
        for key in jwt.PyJWKSet.from_dict(document).keys
        if key.algorithm_name in ALGORITHMS
        and key.public_key_use in {None, "sig"}
        # Leave out RSA keys below 2048 bits. For these, `check_key_length` returns a message.
        and not key.Algorithm.check_key_length(key.key)
    }
    if not keys:
        raise ValueError("the response has no key that can sign tokens")
    return keys
