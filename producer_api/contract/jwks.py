"""An issuer's public keys (RFC 7517), fetched without blocking and kept through its outages."""

import asyncio
import time
from typing import Any

import httpx
import jwt

_REFRESH_SECONDS = 600.0
_RETRY_SECONDS = 10.0
_TIMEOUT_SECONDS = 5.0


class KeyUnavailableError(Exception):
    """The issuer's keys cannot be fetched now: neither accept nor refuse, try again later."""


class IssuerKeys:
    """Owns the cached keys of one JWKS URL: refreshed when old, or for an unknown key id.

    At most one fetch is under way, and one is begun every ten seconds at the most, so that tokens
    with made-up key ids cannot make us flood the issuer. Keys stay until a fetch replaces them.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS)
        self._keys: dict[tuple[object, str], Any] = {}
        self._fetched_at = -_REFRESH_SECONDS
        self._tried_at = -_RETRY_SECONDS
        self._fetching = asyncio.Lock()

    async def find(self, key_id: object, algorithm: str) -> Any | None:
        """The public key, or None where the issuer has none such. Raises `KeyUnavailableError`."""
        age = time.monotonic() - self._fetched_at
        if age > _REFRESH_SECONDS or (key_id, algorithm) not in self._keys:
            await self._refresh()
        if not self._keys:
            raise KeyUnavailableError("the token issuer's keys cannot be fetched")
        return self._keys.get((key_id, algorithm))

    async def _refresh(self) -> None:
        async with self._fetching:
            if time.monotonic() - self._tried_at < _RETRY_SECONDS:
                return
            self._tried_at = time.monotonic()
            try:
                answer = await self._client.get(self._url)
                answer.raise_for_status()
                keys = jwt.PyJWKSet.from_dict(answer.json()).keys
            except (httpx.HTTPError, ValueError, jwt.PyJWTError):
                return  # what is cached still serves; `find` tells when there is nothing
            self._keys = {(key.key_id, key.algorithm_name): key.key for key in keys}
            self._fetched_at = time.monotonic()

    async def close(self) -> None:
        """End the connections to the issuer."""
        await self._client.aclose()
