"""An issuer's public keys (RFC 7517), fetched without blocking and kept through its outages."""

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable
from typing import Any

import jwt

ALGORITHMS = ("RS256", "ES256")
REFRESH_SECONDS = 600.0
RETRY_SECONDS = 10.0
_TIMEOUT_SECONDS = 5.0

_log = logging.getLogger(__name__)


class KeyUnavailableError(Exception):
    """The issuer's keys cannot be fetched now: neither accept nor refuse, try again later."""


class IssuerKeys:
    """Owns the cached keys of one JWKS URL: refreshed when old, or for an unknown key id.

    At most one fetch is under way, and one is begun every ten seconds at the most, so that tokens
    with made-up key ids cannot make us flood the issuer. Keys stay until a fetch replaces them, and
    nobody who has a known one waits for that. Owns the task of the fetch; `close` ends it.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        # Loading it costs each start of a process, with an issuer or without, a tenth of a second.
        import httpx  # noqa: PLC0415

        self._url = url
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        self._keys: dict[tuple[str | None, str], Any] = {}
        self._fetched_at = self._tried_at = -REFRESH_SECONDS
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> Any | None:
        """The public key, or None where the issuer has none such. Raises `KeyUnavailableError`."""
        known = self._keys.get((key_id, algorithm))
        if known is None or self._clock() - self._fetched_at > REFRESH_SECONDS:
            self._begin_fetch()
        if known is None and self._fetching is not None:
            # Whoever waits may go away; the fetch is for all.
            await asyncio.shield(self._fetching)
        if not self._keys:
            raise KeyUnavailableError("the token issuer's keys cannot be fetched")
        return self._keys.get((key_id, algorithm))

    def _begin_fetch(self) -> None:
        if self._fetching is None and self._clock() - self._tried_at >= RETRY_SECONDS:
            self._tried_at = self._clock()
            # Its log lines are no request's.
            context = contextvars.Context()
            self._fetching = asyncio.create_task(self._fetch(), name="jwks", context=context)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                answer = await self._client.get(self._url)
            self._keys = _usable(answer.raise_for_status().json())
            self._fetched_at = self._clock()
        except Exception as error:  # noqa: BLE001 - whatever an issuer answers, what is cached serves
            reason = str(error) or type(error).__name__
            _log.warning("the issuer's keys cannot be fetched", extra={"cause": reason})
        finally:
            self._fetching = None

    async def close(self) -> None:
        """End the fetch, and the connections to the issuer."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait((self._fetching,), timeout=_TIMEOUT_SECONDS)
        await self._client.aclose()


def _usable(document: dict[str, Any]) -> dict[tuple[str | None, str], Any]:
    """The keys that may sign tokens. Raises `ValueError` where there is none, which is no answer:
    an issuer that signs has one.
    """
    keys = {
        (key.key_id, key.algorithm_name): key.key
        for key in jwt.PyJWKSet.from_dict(document).keys
        if key.algorithm_name in ALGORITHMS
        and key.public_key_use in {None, "sig"}
        and not key.Algorithm.check_key_length(key.key)  # RSA below 2048 bits
    }
    if not keys:
        raise ValueError("there is no key that could sign tokens")
    return keys
