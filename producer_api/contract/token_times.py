"""The times in a verified token: when it was issued, and whether it is accepted now."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from producer_api.contract.token_errors import RefusalCode

#: A token is accepted this long after its `exp`, because clocks differ.
LEEWAY_SECONDS = 30
#: A token is accepted this long before its `nbf` and its `iat`. Otherwise, if the issuer's clock is
#: ahead, each new token would be refused at first.
AHEAD_SECONDS = 50
#: Larger numbers of seconds are thousands of years away, so they must be milliseconds.
_MILLISECONDS = 100_000_000_000


class BadTimeError(ValueError):
    """A time in the token is malformed, or forbids its use now. The message says why."""

    def __init__(self, message: str, code: RefusalCode = RefusalCode.INVALID) -> None:
        super().__init__(message)
        self.code = code


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
        raise BadTimeError("the token has expired", RefusalCode.EXPIRED)
    if not_before > now + AHEAD_SECONDS:
        raise _not_yet_valid("nbf", not_before)
    if issued_at is not None and issued_at > now + AHEAD_SECONDS:
        raise _not_yet_valid("iat", issued_at)
    # The issuer's clock, and so the `exp`, may be ahead by `AHEAD_SECONDS`. Allow for this if the
    # token has no `iat`. Subtract the leeway, because the check below adds it.
    issued = now + AHEAD_SECONDS - LEEWAY_SECONDS if issued_at is None else issued_at
    if expires_at > issued + max_age + LEEWAY_SECONDS:
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


def _not_yet_valid(name: str, value: float) -> BadTimeError:
    message = f"the token is not yet valid: its {name} is in the future{_hint(value)}"
    return BadTimeError(message, RefusalCode.NOT_YET_VALID)


def _hint(value: float) -> str:
    return "; it must be in seconds, not milliseconds" if value > _MILLISECONDS else ""
