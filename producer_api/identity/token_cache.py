"""Caches verified tokens, because a service sends the same token with each request."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from producer_api.contract.revocations import Revocations
from producer_api.contract.token_verifier import Identity, TokenVerifier

#: After the issuer withdraws a key, cached tokens signed with this key are accepted for this long.
KEPT_SECONDS = 60.0
KEPT_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class _Verified:
    identity: Identity
    until: float


class TokenCache:
    """Verifies tokens, and owns the recent results, by digest of the token.

    Does not keep the tokens, so that a memory dump reveals none. Does not keep refusals either.
    Holds at most `KEPT_TOKENS` results, and drops the least recently used first.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        revocations: Revocations,
        monotonic: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._verifier = verifier
        self._revocations = revocations
        self._monotonic = monotonic
        self._unix_time = unix_time
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    async def verify(self, token: str) -> Identity:
        """Return the bearer of the token. Raises `TokenRefusedError` or `TokenUndecidedError`."""
        identity = await self._verified_identity(token)
        # Check this each time: the user's sessions may have been ended since the verification.
        self._revocations.check(identity)
        return identity

    async def _verified_identity(self, token: str) -> Identity:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        cached = self._verified.get(digest)
        if (
            cached is not None
            and self._monotonic() < cached.until
            and self._unix_time() < cached.identity.accepted_until
        ):
            self._verified.move_to_end(digest)
            return cached.identity
        # Two requests with the same new token may both get here. Verifying twice does no harm.
        self._verified.pop(digest, None)
        identity = await self._verifier.verify(token)
        self._verified[digest] = _Verified(identity, self._monotonic() + KEPT_SECONDS)
        if len(self._verified) > KEPT_TOKENS:
            self._verified.popitem(last=False)
        return identity
