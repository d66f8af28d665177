"""Which failure is answered with which problem."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from producer_api.contract.jwks import KeyUnavailableError
from producer_api.idempotency.core.keys import MalformedKeyError
from producer_api.identity.rate_limits import RateLimitedError
from producer_api.identity.refusals import ForbiddenError, UnauthenticatedError
from producer_api.identity.user_path import BadUserIdError
from producer_api.inbox.changes.exclusive import InboxBusyError
from producer_api.inbox.cursor import BadCursorError
from producer_api.intake.outcomes import CreateFailedError
from producer_api.middleware.arrival import TooSlowError
from producer_api.mongodb.transactions import CommitUnknownError
from producer_api.problems.documents import FieldError, problem
from producer_api.problems.fields import field_errors
from producer_api.routes.allow import allowed_methods
from producer_api.routes.body import BodyRefusedError
from producer_api.routes.outcomes import failure_of

_log = logging.getLogger(__name__)


def answer_failures(api: FastAPI) -> None:
    """Register the handlers."""
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _invalid_parameters)
    api.add_exception_handler(BodyRefusedError, _body)
    api.add_exception_handler(TooSlowError, _too_slow)
    api.add_exception_handler(UnauthenticatedError, _unauthenticated)
    api.add_exception_handler(ForbiddenError, _forbidden)
    api.add_exception_handler(RateLimitedError, _rate_limited)
    api.add_exception_handler(BadUserIdError, _bad_user_id)
    api.add_exception_handler(BadCursorError, _bad_cursor)
    api.add_exception_handler(MalformedKeyError, _malformed_key)
    api.add_exception_handler(CreateFailedError, _create_failed)
    api.add_exception_handler(InboxBusyError, _busy)
    api.add_exception_handler(KeyUnavailableError, _busy)
    api.add_exception_handler(CommitUnknownError, _outcome_unknown)
    api.add_exception_handler(PyMongoError, _inbox_away)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    status = HTTPStatus(error.status_code)
    details = {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible at this address.",
    }
    detail = details.get(status, str(error.detail))
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        paths = request.app.openapi()["paths"]
        headers["Allow"] = allowed_methods(paths, request.scope["path"]) or headers["Allow"]
    return problem(request, status, detail, headers=headers)


def _invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    return _invalid(request, field_errors(error.errors(), skip=1))


def _invalid(request: Request, errors: list[FieldError]) -> Response:
    detail = "; ".join(f"{error.field}: {error.message}".lstrip(": ") for error in errors)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _body(request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyRefusedError)  # noqa: S101 - for the type checker
    if error.errors:
        return _invalid(request, error.errors)
    return problem(request, error.status, str(error))


def _too_slow(request: Request, error: Exception) -> Response:
    # Whatever is still to come of the body is not waited for.
    headers = {"Connection": "close"}
    return problem(request, HTTPStatus.REQUEST_TIMEOUT, str(error), headers=headers)


def _unauthenticated(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnauthenticatedError)  # noqa: S101 - for the type checker
    challenge = 'Bearer realm="notifications"'
    if error.given:
        challenge += ', error="invalid_token"'
    headers = {"WWW-Authenticate": challenge}
    return problem(request, HTTPStatus.UNAUTHORIZED, str(error), headers=headers)


def _forbidden(request: Request, error: Exception) -> Response:
    return problem(request, HTTPStatus.FORBIDDEN, str(error))


def _rate_limited(request: Request, error: Exception) -> Response:
    assert isinstance(error, RateLimitedError)  # noqa: S101 - for the type checker
    headers = {"Retry-After": str(error.allowance.reset)}
    return problem(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=headers)


def _bad_user_id(request: Request, error: Exception) -> Response:
    return _invalid(request, [FieldError(field="user_id", message=str(error))])


def _bad_cursor(request: Request, error: Exception) -> Response:
    return _invalid(request, [FieldError(field="cursor", message=str(error))])


def _busy(request: Request, error: Exception) -> Response:
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error))


def _outcome_unknown(request: Request, error: Exception) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return problem(request, status, str(error), slug="outcome-unknown")


def _malformed_key(request: Request, error: Exception) -> Response:
    return problem(request, HTTPStatus.BAD_REQUEST, str(error), slug="malformed-idempotency-key")


def _create_failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, CreateFailedError)  # noqa: S101 - for the type checker
    status, slug = failure_of(error)
    return problem(request, status, str(error), slug=slug)


def _inbox_away(request: Request, error: Exception) -> Response:
    _log.warning("MongoDB fails a request", extra={"cause": str(error)})
    return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, "the inbox cannot be reached now")
