"""Decides whether and when to retry, without I/O. Both clients use it."""

from dataclasses import dataclass
from http import HTTPStatus

from producer_api.client.errors import Problem, RefusedError, UnavailableError, UnreachableError

_FIRST_PAUSE_SECONDS = 0.2
_MAX_PAUSE_SECONDS = 5.0
#: After these statuses, a retry may succeed. 409 means that the same create is still in progress.
_TRANSIENT = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


@dataclass(frozen=True, slots=True)
class Response:
    """The parts of a response that the client uses."""

    status: int
    content: bytes = b""
    retry_after: str | None = None
    """The header field `Retry-After`, unchanged."""


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No response arrived. `reason` tells people why."""

    reason: str


AttemptOutcome = Response | NoResponse


def pause_after(
    outcome: AttemptOutcome, attempt: int, remaining: float, jitter: float
) -> float | None:
    """Return the seconds until the next attempt; None if this outcome is final.

    `attempt` counts from 0. `remaining` is in seconds. `jitter` is a random number from 0 to 1,
    which spreads the retries of clients that failed together.
    """
    if isinstance(outcome, Response) and outcome.status not in _TRANSIENT:
        return None
    back_off = min(_FIRST_PAUSE_SECONDS * 2 ** min(attempt, 16), _MAX_PAUSE_SECONDS)
    pause = _retry_after(outcome) + back_off * (0.5 + jitter / 2)
    return pause if pause < remaining else None


def content_of(outcome: AttemptOutcome) -> bytes:
    """Return the content of a successful response. Raises `ClientError` for any other outcome."""
    if isinstance(outcome, NoResponse):
        raise UnreachableError(f"cannot be reached ({outcome.reason})")
    if HTTPStatus.OK <= outcome.status < HTTPStatus.MULTIPLE_CHOICES:
        return outcome.content
    problem = Problem.read(outcome.status, outcome.content)
    raise UnavailableError(problem) if outcome.status in _TRANSIENT else RefusedError(problem)


def _retry_after(outcome: AttemptOutcome) -> float:
    """Return the seconds in `Retry-After`, or 0. The API never sends a date in this field."""
    text = outcome.retry_after if isinstance(outcome, Response) else None
    return float(text) if text and text.isascii() and text.isdigit() else 0.0
