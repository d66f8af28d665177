"""Rate limits: how many requests a bearer may send.

Requests are counted per kind of bearer and `sub`, so a new token does not reset the count.
"""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.aio.strategies import FixedWindowRateLimiter

from producer_api.contract.token_verifier import Identity
from producer_api.identity.window_counts import WindowCounts

#: The value of a setting that means no limit.
NO_LIMIT = "none"


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many requests a limited bearer has left after this one. Times are in seconds."""

    policy: str
    quota: int
    window: int
    remaining: int
    reset: int
    exceeded: bool

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The header fields that draft-ietf-httpapi-ratelimit-headers defines."""
        policy = f'"{self.policy}";q={self.quota};w={self.window}'
        state = f'"{self.policy}";r={self.remaining};t={self.reset}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class RateLimitedError(Exception):
    """The bearer has sent too many requests. The message names the limit."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"more than {allowance.quota} requests in {allowance.window} seconds; "
            f"try again in {allowance.reset} seconds"
        )
        self.allowance = allowance


def rate_limit(text: str) -> RateLimitItem | None:
    """Parse one limit in the notation of `limits`, for example `300 per 10 second`.

    Returns None for `none`. Raises `ValueError`.
    """
    if text == NO_LIMIT:
        return None
    try:
        (limit,) = parse_many(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise ValueError(
            f"expected one limit, for example `300 per 10 second`, or `{NO_LIMIT}`; got {text!r}"
        )
    return limit


class RateLimits:
    """The limits: one for each shopper, and one for each service. None means no limit."""

    def __init__(self, shopper: RateLimitItem | None, service: RateLimitItem | None) -> None:
        self._shopper = _Limit("shopper", shopper) if shopper else None
        self._service = _Limit("service", service) if service else None

    async def spend(self, identity: Identity) -> Allowance | None:
        """Count a request of this bearer. Return the allowance left; None if there is no limit."""
        limit = self._service if identity.is_service else self._shopper
        return await limit.spend(identity.subject) if limit else None


class _Limit:
    def __init__(self, policy: str, item: RateLimitItem) -> None:
        self._policy = policy
        self._item = item
        self._limiter = FixedWindowRateLimiter(WindowCounts())

    async def spend(self, subject: str) -> Allowance:
        item = self._item
        is_within_limit = await self._limiter.hit(item, subject)
        window = await self._limiter.get_window_stats(item, subject)
        # Round up, so that a client that waits this long sends in the next window.
        reset = math.ceil(window.reset_time - time.time())
        return Allowance(
            policy=self._policy,
            quota=item.amount,
            window=item.get_expiry(),
            remaining=window.remaining,
            reset=max(reset, 1),
            exceeded=not is_within_limit,
        )
