"""How the outcomes of creates are answered: a failure as a problem, a batch item by item."""

from collections.abc import Sequence
from http import HTTPStatus

import orjson
from fastapi import Request

from producer_api.intake.outcomes import (
    BusyError,
    Created,
    CreateFailedError,
    GoneError,
    InProgressError,
    KeyReusedError,
    NotStorableError,
    NotValidError,
    Outcome,
    OutcomeUnknownError,
)
from producer_api.problems.documents import FieldError, members_of

_FAILURES: dict[type[CreateFailedError], tuple[HTTPStatus, str | None]] = {
    BusyError: (HTTPStatus.SERVICE_UNAVAILABLE, None),
    OutcomeUnknownError: (HTTPStatus.SERVICE_UNAVAILABLE, "outcome-unknown"),
    InProgressError: (HTTPStatus.CONFLICT, "in-progress"),
    KeyReusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
    NotValidError: (HTTPStatus.UNPROCESSABLE_ENTITY, None),
    GoneError: (HTTPStatus.GONE, None),
    NotStorableError: (HTTPStatus.INTERNAL_SERVER_ERROR, "not-storable"),
}


def failure_of(error: CreateFailedError) -> tuple[HTTPStatus, str | None]:
    """The status and the slug of its problem."""
    return _FAILURES[type(error)]


def results_json(request: Request, outcomes: Sequence[Outcome]) -> bytes:
    """The answer to a batch: one result per item, in order. The notifications are spliced."""
    results = b",".join(_result(request, index, outcome) for index, outcome in enumerate(outcomes))
    return b'{"results":[' + results + b"]}"


def _result(request: Request, index: int, outcome: Outcome) -> bytes:
    if isinstance(outcome, Created):
        return b'{"index":%d,"status":201,"notification":%b}' % (index, outcome.shown)
    status, slug = failure_of(outcome)
    errors = None
    if isinstance(outcome, NotValidError):
        errors = [FieldError(field=field, message=why) for field, why in outcome.findings]
    # What failed says which it is even when it is read by itself.
    detail = f"notifications.{index}: {outcome}" if errors is None else str(outcome)
    problem = members_of(request, status, detail, slug=slug, errors=errors)
    return orjson.dumps({"index": index, "status": int(status), "problem": problem})
