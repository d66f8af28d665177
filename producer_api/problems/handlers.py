"""Turns each failure into its problem document, for FastAPI and for the direct routes."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from producer_api.identity.access import BadUserIdError
from producer_api.identity.errors import UnauthenticatedError
from producer_api.identity.rate_limits import RateLimitedError
from producer_api.inbox.cursor import BadCursorError
from producer_api.problems.allow import allowed_methods
from producer_api.problems.body_errors import BodyRefusedError, BodyTooSlowError
from producer_api.problems.documents import problem, problem_of_status
from producer_api.problems.fields import FieldError, bounded, field_errors
from producer_api.problems.problem_of_exception import FAILURES, slug_of

_log = logging.getLogger(__name__)


def _from_table(request: Request, error: Exception) -> Response:
    return problem(request, slug_of(error), str(error))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = str(error.detail)
    if status is HTTPStatus.NOT_FOUND:
        detail = "there is nothing at this address"
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        paths = request.app.openapi()["paths"]
        headers["Allow"] = allowed_methods(paths, request.scope["path"]) or headers["Allow"]
        detail = (
            f"this address does not support the method {request.method}; "
            "the Allow header lists the methods that it supports"
        )
    return problem_of_status(request, status, detail, headers)


def _invalid(request: Request, errors: list[FieldError]) -> Response:
    detail = "; ".join(f"{error.field}: {error.message}".lstrip(": ") for error in errors)
    return problem(request, "invalid", detail, errors=errors)


def _invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    errors = field_errors(error.errors(), skip=1)
    return _invalid(request, bounded(errors, len(errors)))


def _bad_user_id(request: Request, error: Exception) -> Response:
    return _invalid(request, [FieldError(field="user_id", message=str(error))])


def _bad_cursor(request: Request, error: Exception) -> Response:
    return _invalid(request, [FieldError(field="cursor", message=str(error))])


def _body_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyRefusedError)  # noqa: S101 - for the type checker
    if error.errors:
        return _invalid(request, error.errors)
    headers = {"Accept-Encoding": error.accept_encoding} if error.accept_encoding else None
    return problem(request, error.slug, str(error), headers=headers)


def _body_too_slow(request: Request, error: Exception) -> Response:
    # Close the connection. Otherwise, the rest of the body would be read as the next request.
    return problem(request, "too-slow", str(error), headers={"Connection": "close"})


def _unauthenticated(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnauthenticatedError)  # noqa: S101 - for the type checker
    challenge = 'Bearer realm="notifications"'
    if error.has_header:
        challenge += ', error="invalid_token"'
    return problem(request, "unauthenticated", str(error), headers={"WWW-Authenticate": challenge})


def _rate_limited(request: Request, error: Exception) -> Response:
    assert isinstance(error, RateLimitedError)  # noqa: S101 - for the type checker
    headers = {"Retry-After": str(error.allowance.reset)}
    return problem(request, "too-many-requests", str(error), headers=headers)


def _inbox_unreachable(request: Request, error: Exception) -> Response:
    # Log the driver's message. Do not return it, because it names hosts and commands.
    _log.warning("MongoDB error in a request", extra={"cause": str(error)})
    return problem(request, "unavailable", "the inbox cannot be reached; try again later")


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Response]] = {
    **dict.fromkeys(FAILURES, _from_table),
    HTTPException: _http,
    RequestValidationError: _invalid_parameters,
    BodyRefusedError: _body_refused,
    BodyTooSlowError: _body_too_slow,
    UnauthenticatedError: _unauthenticated,
    RateLimitedError: _rate_limited,
    BadUserIdError: _bad_user_id,
    BadCursorError: _bad_cursor,
    PyMongoError: _inbox_unreachable,
}


def add_problem_handlers(api: FastAPI) -> None:
    """Register a handler for each kind of failure. Any other exception is a bug, and gets a 500."""
    for error_type, handler in _HANDLERS.items():
        api.add_exception_handler(error_type, handler)


def answer_to(request: Request, error: Exception) -> Response | None:
    """Return the answer that FastAPI would give to a failure; None if the exception is a bug."""
    for kind in type(error).__mro__:
        if kind in _HANDLERS:
            return _HANDLERS[kind](request, error)
    return None
