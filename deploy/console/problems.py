"""Answers to requests that fail: problem documents (RFC 9457), like those of the producer API."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """The request fails. It is answered with this problem."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


def add_problem_handlers(app: FastAPI) -> None:
    """Answer each failure with a problem document."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - for the type checker
    return _answer(request, error.status, str(error), error.headers)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    status = HTTPStatus(error.status_code)
    detail = "there is nothing at this address" if status is HTTPStatus.NOT_FOUND else error.detail
    return _answer(request, status, detail, error.headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    # Leave out the input, because JSON may be unable to express it.
    findings = [(each["loc"][1:], each["msg"]) for each in error.errors()]
    words = [f"{'.'.join(map(str, place)) or 'body'}: {message}" for place, message in findings]
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(words[:10]), None)


def _answer(
    request: Request, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None
) -> Response:
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
    }
    return Response(orjson.dumps(members), int(status), headers, MEDIA_TYPE)
