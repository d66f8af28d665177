"""The OpenAPI document: FastAPI's own, plus what FastAPI does not know about the handlers."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from pydantic.json_schema import models_json_schema
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp

from producer_api.contract.notification import NewNotification
from producer_api.idempotency.header import PARAMETER
from producer_api.problems.documents import MEDIA_TYPE, Problem, documented
from producer_api.routes.body_documents import name_limit
from producer_api.routes.preference_shapes import WantedPreferences
from producer_api.routes.push_shapes import EndedSubscription, WantedSubscription
from producer_api.routes.shapes import WantedBatch, WantedMarks, WantedSweep, WantedWithdrawal

_DESCRIPTION = """\
Creates notifications, and serves the inbox. Times are RFC 3339 in UTC.

Errors are problem documents (RFC 9457). Branch on their `type`. In addition to the errors that each
operation lists, any address may return 404 (no such address), 405 (the method is not supported; see
`Allow`) and 400 (a refused CORS preflight, or bytes that are not HTTP). Every `GET` also works as
`HEAD`. The head of a request must arrive within 20 seconds, and its body within the time that the
408 names.

The API refuses JSON that it cannot store exactly: names that occur twice in one object, and numbers
that browsers would round: integers beyond 9007199254740991, and others that a double does not hold.
Send those as strings. Bodies must not be compressed. A problem lists at most 20 errors; if there
are more, the last entry says how many.

No user has the id `me`: in paths, it stands for the shopper who calls. A service must name the
user.
"""
_SECURED_PROBLEMS = documented(401, 403, 429, 500, 503)
_BODY_PROBLEMS = documented(408, 413, 415, 422)

_REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "Identifies the request in the response and in our logs. Printable ASCII, up to "
    "128 characters; anything else is replaced.",
    "schema": {"type": "string"},
}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The id that the caller sent, or a new one.",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        "example": "7c0f1a52c1c34d7e9a4c5f8f6f0a9a11",
    },
    "RateLimit": {
        "description": "Present if this bearer is limited: the requests left in this window (`r`), "
        "and the seconds until the next window (`t`). The limit applies per `sub`, so a new token "
        "does not reset it (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"shopper";r=299;t=10',
    },
    "RateLimit-Policy": {
        "description": "Present if this bearer is limited: the requests (`q`) per window, and its "
        "length in seconds (`w`). If a service has sent too many bytes, the header counts bytes "
        "(`qu`) instead.",
        "schema": {"type": "string"},
        "example": '"shopper";q=300;w=10',
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "2",
    },
    "WWW-Authenticate": {
        "description": "The challenge (RFC 6750).",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="notifications", error="invalid_token"',
    },
    "Idempotency-Replayed": {
        "description": "Present if an earlier request with this idempotency key was carried out.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "Location": {
        "description": "The address of the notification.",
        "required": True,
        "schema": {"type": "string"},
        "example": "/v1/notifications/0198c0de-0000-7000-8000-000000000001",
    },
}
_HEADERS_OF_STATUS = {
    "201": ("Location",),
    "401": ("WWW-Authenticate",),
    "409": ("Retry-After",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


class DocumentedAPI(FastAPI):
    """FastAPI with an OpenAPI document that includes the handlers' own parsing and errors.

    `RequestMiddleware` calls this application, and answers exceptions that no handler takes.
    """

    def __init__(self) -> None:
        super().__init__(
            title="Notification producer API",
            version="1",
            description=_DESCRIPTION,
            redirect_slashes=False,
            docs_url=None,  # documentation.py has pages that need no other server
            redoc_url=None,
            generate_unique_id_function=lambda route: route.name,
            telemetry={"tracing": False, "metrics": False, "logs": False},  # the API has its own
        )

    def build_middleware_stack(self) -> ASGIApp:
        """Return the routes with their exception handlers, without FastAPI's other middleware.

        Starlette would answer a bug with a 500 of its own, before `RequestMiddleware` could.
        """
        routes = AsyncExitStackMiddleware(self.router)
        return ExceptionMiddleware(routes, handlers=self.exception_handlers)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document. It is built once, at the first call."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path in document["paths"].values():
                for operation in path.values():
                    _complete(operation)
            components = document["components"]
            components["headers"] = _HEADERS
            components["parameters"] = {"X-Request-ID": _REQUEST_ID}
            components["schemas"] = _schemas(components["schemas"])
            self.openapi_schema = document
        return self.openapi_schema


def _complete(operation: dict[str, Any]) -> None:
    """Add the responses common to operations of this kind, and the headers of all responses."""
    responses: dict[str, Any] = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]  # FastAPI's own 422, which problems/handlers.py replaces
    if "security" in operation:
        _add(responses, _SECURED_PROBLEMS)
    if "requestBody" in operation:
        _add(responses, _BODY_PROBLEMS)
        name_limit(operation)
    for status, response in responses.items():
        names = ["X-Request-ID", *_HEADERS_OF_STATUS.get(status, ())]
        if status in {"200", "201"} and PARAMETER in operation.get("parameters", ()):
            names.append("Idempotency-Replayed")
        if "security" in operation and status != "401":
            names += ["RateLimit", "RateLimit-Policy"]
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    operation["responses"] = dict(sorted(responses.items()))
    reference = {"$ref": "#/components/parameters/X-Request-ID"}
    operation["parameters"] = [*operation.get("parameters", []), reference]


def _add(responses: dict[str, Any], common: dict[int | str, dict[str, Any]]) -> None:
    for status, common_response in common.items():
        response = responses.setdefault(str(status), deepcopy(common_response))
        examples = response["content"][MEDIA_TYPE]["examples"]
        examples |= common_response["content"][MEDIA_TYPE]["examples"]


#: Models that FastAPI does not know, because the handlers read and write them themselves.
_HANDLERS_MODELS = (
    NewNotification,
    WantedBatch,
    WantedMarks,
    WantedPreferences,
    WantedSweep,
    WantedSubscription,
    EndedSubscription,
    WantedWithdrawal,
    Problem,
)


def _schemas(fastapi_schemas: dict[str, Any]) -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in _HANDLERS_MODELS],
        ref_template="#/components/schemas/{model}",
    )
    schemas = fastapi_schemas | definitions["$defs"]
    unused = {"HTTPValidationError", "ValidationError"}
    return {name: schemas[name] for name in sorted(schemas) if name not in unused}
