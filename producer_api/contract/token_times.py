"""The times in a verified token: when it was issued, and whether it is accepted now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A token is accepted this long before its `nbf` and after its `exp`, because clocks differ.
LEEWAY_SECONDS = 30
#: Larger numbers of seconds are thousands of years away, so they must be milliseconds.
_MILLISECONDS = 100_000_000_000


class BadTimeError(ValueError):
    """A time in the token is malformed, or does not let it be used now. The message says why."""


@dataclass(frozen=True, slots=True)
class TokenTimes:
    """Unix times in seconds. `issued_at` is None if the token has no `iat`."""

    expires_at: float
    issued_at: float | None


def read_times(claims: Mapping[str, Any], now: float, max_age: float) -> TokenTimes:
    """Return the times of a token that has an `exp`. Raises `BadTimeError`.

    `max_age` is in seconds. The token may expire at most this long after it was issued. A token
    that does not say when it was issued may expire at most this long after now.
    """
    expires_at = _number(claims, "exp")
    not_before = _number(claims, "nbf") if "nbf" in claims else now
    issued_at = _number(claims, "iat") if "iat" in claims else None
    if expires_at <= now - LEEWAY_SECONDS:
        raise BadTimeError("the token has expired")
    if not_before > now + LEEWAY_SECONDS:
        raise BadTimeError(f"the token is not yet valid: {_ahead('nbf', not_before)}")
    if issued_at is not None and issued_at > now + LEEWAY_SECONDS:
        raise BadTimeError(f"the token is not yet valid: {_ahead('iat', issued_at)}")
    latest = now if issued_at is None else min(issued_at, now)
    if expires_at > latest + max_age + LEEWAY_SECONDS:
        raise BadTimeError(
            f"the token's exp is more than {max_age:.0f} seconds after "
            f"{'now' if issued_at is None else 'its iat'}, the longest time that is allowed"
            f"{_hint(expires_at)}"
        )
    return TokenTimes(float(expires_at), None if issued_at is None else float(issued_at))


def _number(claims: Mapping[str, Any], name: str) -> int | float:
    value = claims[name]
    # JSON has no NaN, but Python's parser accepts it. A bool is an int for Python.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        raise BadTimeError(f"the token is not valid: its {name} is not a number")
    number: int | float = value
    return number


def _ahead(name: str, value: float) -> str:
    return f"its {name} is in the future{_hint(value)}"


def _hint(value: float) -> str:
    return "; it must be in seconds, not milliseconds" if value > _MILLISECONDS else ""
