"""How much each bearer may ask. Counted by kind and `sub`, so a new token changes nothing."""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.aio.strategies import FixedWindowRateLimiter

from producer_api.contract.tokens import Identity
from producer_api.identity.windows import Windows

#: How a setting says that there is no limit.
NO_LIMIT = "none"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a limited bearer has left after this request; times are in seconds."""

    policy: str
    quota: int
    window: int
    remaining: int
    reset: int
    exceeded: bool

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields of draft-ietf-httpapi-ratelimit-headers."""
        policy = f'"{self.policy}";q={self.quota};w={self.window}'
        left = f'"{self.policy}";r={self.remaining};t={self.reset}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


class RateLimitedError(Exception):
    """The bearer has asked too much; the message says what is allowed."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(f"more than {allowance.quota} requests in {allowance.window} seconds")
        self.allowance = allowance


def rate_limit(text: str) -> RateLimitItem | None:
    """One limit in the notation of `limits`, as `300 per 10 second`. Raises `ValueError`."""
    if text == NO_LIMIT:
        return None
    try:
        (limit,) = parse_many(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise ValueError(f"expected one limit, as `300 per 10 second`, or `{NO_LIMIT}`")
    return limit


class RateLimits:
    """One limit for shoppers and one for services, each or both of which may be missing."""

    def __init__(self, shopper: RateLimitItem | None, service: RateLimitItem | None) -> None:
        self._shopper = _Limit("shopper", shopper) if shopper else None
        self._service = _Limit("service", service) if service else None

    async def spend(self, identity: Identity) -> Allowance | None:
        """Count a request of this bearer; None where there is no limit."""
        limit = self._service if identity.is_service else self._shopper
        return await limit.spend(identity.subject) if limit else None


class _Limit:
    def __init__(self, policy: str, item: RateLimitItem) -> None:
        self._policy = policy
        self._item = item
        self._limiter = FixedWindowRateLimiter(Windows())

    async def spend(self, subject: str) -> Allowance:
        item = self._item
        within = await self._limiter.hit(item, subject)
        window = await self._limiter.get_window_stats(item, subject)
        reset = math.ceil(window.reset_time - time.time())
        return Allowance(
            policy=self._policy,
            quota=item.amount,
            window=item.get_expiry(),
            remaining=window.remaining,
            reset=max(reset, 1),
            exceeded=not within,
        )
