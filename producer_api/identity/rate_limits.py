"""Rate limits: how many requests, and how many bytes, a bearer may send.

They are counted per kind of bearer and `sub`, so a new token does not reset the count.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from limits import RateLimitItem, parse_many

from producer_api.contract.token_verifier import Identity
from producer_api.identity.window_counts import LimitCounts, window_counts

#: The value of a setting that means no limit.
NO_LIMIT = "none"


class Allowance(NamedTuple):
    """How much of a limit the bearer has left after this request. Times are in seconds."""

    policy: str
    quota: int
    window: int
    remaining: int
    reset: int
    exceeded: bool
    unit: str = "requests"
    """What is counted: `requests` or `content-bytes`."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The header fields that draft-ietf-httpapi-ratelimit-headers defines."""
        policy = _policy_header(self.policy, self.quota, self.window, self.unit)
        state = f'"{self.policy}";r={self.remaining};t={self.reset}'
        return [policy, (b"ratelimit", state.encode())]


@cache  # there are only three limits
def _policy_header(name: str, quota: int, window: int, unit: str) -> tuple[bytes, bytes]:
    unit = "" if unit == "requests" else f';qu="{unit}"'
    return b"ratelimit-policy", f'"{name}";q={quota}{unit};w={window}'.encode()


class RateLimitedError(Exception):
    """The bearer has sent too much. The message names the limit."""

    def __init__(self, allowance: Allowance) -> None:
        unit = allowance.unit.removeprefix("content-")
        super().__init__(
            f"more than {allowance.quota} {unit} in {allowance.window} seconds; "
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
    """The limits of each shopper and of each service. None means no limit.

    `counts` makes the counts of one limit. Its arguments are the position of this limit (0, 1 or 2,
    in the order of the parameters), and the length of its window in seconds.
    """

    def __init__(
        self,
        shopper: RateLimitItem | None,
        service: RateLimitItem | None,
        service_bytes: RateLimitItem | None = None,
        counts: Callable[[int, float], LimitCounts] = window_counts,
    ) -> None:
        def limit(position: int, policy: str, item: RateLimitItem | None) -> _Limit | None:
            return _Limit(policy, item, counts(position, item.get_expiry())) if item else None

        self._shopper = limit(0, "shopper", shopper)
        self._service = limit(1, "service", service)
        self._service_bytes = limit(2, "service-bytes", service_bytes)

    def spend(self, identity: Identity) -> Allowance | None:
        """Count a request of this bearer. Return the allowance left; None if there is no limit."""
        limit = self._service if identity.is_service else self._shopper
        return limit.spend(identity.subject, 1) if limit else None

    def spend_bytes(self, service: Identity, count: int) -> Allowance | None:
        """Count the bytes of a service's request. Return the allowance left, or None."""
        limit = self._service_bytes
        return limit.spend(service.subject, count) if limit else None


class _Limit:
    def __init__(self, policy: str, item: RateLimitItem, counts: LimitCounts) -> None:
        self._policy = policy
        self._unit = "content-bytes" if policy == "service-bytes" else "requests"
        self._quota = item.amount
        self._window = item.get_expiry()
        self._counts = counts

    def spend(self, subject: str, cost: int) -> Allowance:
        count, ends_in = self._counts.add(subject, cost)
        return Allowance(
            policy=self._policy,
            quota=self._quota,
            window=self._window,
            remaining=max(self._quota - count, 0),
            # Round up, so that a client that waits this long sends in the next window.
            reset=max(math.ceil(ends_in), 1),
            # Even a body that is larger than the limit must be accepted at some time. So accept a
            # body if the window has anything left, and let it use up the window.
            exceeded=count - cost >= self._quota,
            unit=self._unit,
        )
