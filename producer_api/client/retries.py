"""What to do after an answer, or after none: pure, and the same for both clients."""

from dataclasses import dataclass
from http import HTTPStatus

from producer_api.client.errors import Problem, RefusedError, UnavailableError, UnreachableError

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
#: A repeat of these may be answered otherwise; 409 says that the same create is still under way.
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
class Answer:
    """What came back."""

    status: int
    content: bytes = b""
    retry_after: str | None = None
    """The header field, as it came."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing came back; `reason` says why, for a person."""

    reason: str


Outcome = Answer | NoAnswer


def pause_after(outcome: Outcome, attempt: int, remaining: float, jitter: float) -> float | None:
    """Seconds until it is worth asking again; None where this outcome stands.

    `attempt` counts from 0, `remaining` is in seconds, `jitter` is a random number from 0 to 1:
    many that failed together do not come again together.
    """
    if isinstance(outcome, Answer) and outcome.status not in _TRANSIENT:
        return None
    back_off = min(_FIRST_PAUSE_SECONDS * 2 ** min(attempt, 16), _LONGEST_PAUSE_SECONDS)
    pause = _asked_for(outcome) + back_off * (0.5 + jitter / 2)
    return pause if pause < remaining else None


def content_of(outcome: Outcome) -> bytes:
    """What a successful answer holds. Raises a `ClientError` for any other outcome."""
    if isinstance(outcome, NoAnswer):
        raise UnreachableError(f"cannot be reached ({outcome.reason})")
    if HTTPStatus.OK <= outcome.status < HTTPStatus.MULTIPLE_CHOICES:
        return outcome.content
    problem = Problem.read(outcome.status, outcome.content)
    raise UnavailableError(problem) if outcome.status in _TRANSIENT else RefusedError(problem)


def _asked_for(outcome: Outcome) -> float:
    """The seconds of `Retry-After`; its other form, a date, is not what this API sends."""
    text = outcome.retry_after if isinstance(outcome, Answer) else None
    return float(text) if text and text.isascii() and text.isdigit() else 0.0
