"""The OpenAPI document: FastAPI's, made to say all that is answered, and nothing that is not."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from producer_api.contract.notification import NewNotification
from producer_api.idempotency.header import PARAMETER
from producer_api.problems.documents import MEDIA_TYPE, Problem, documented
from producer_api.routes.shapes import WantedBatch, WantedMarks, WantedSweep

_DESCRIPTION = """\
Creates notifications, and serves the inbox. Times are RFC 3339 in UTC.

Errors are problem documents (RFC 9457); decide by their `type`. Beside what each operation says,
any address may answer 404 (nothing there), 405 (not this method; see `Allow`), and 400 (a CORS
preflight that is refused, as a problem; bytes that are no HTTP, in plain text). Every `GET` may be
asked as `HEAD`. A request must arrive within its time, whole: its head in 20 seconds, its body in
the seconds that 408 names.

In `data`, what cannot be kept as it was sent is refused: repeated names, and numbers that neither
an integer of 64 bits nor a double holds.
"""
_ANY_BEARER = documented(401, 403, 429, 500, 503)
_ANY_BODY = documented(408, 413, 415, 422)

_REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "required": False,
    "description": "Names the request in the answer and in our logs. Printable ASCII, 128 "
    "characters at the most; anything else is replaced.",
    "schema": {"type": "string"},
}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The one that was sent, or a fresh one.",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        "example": "7c0f1a52c1c34d7e9a4c5f8f6f0a9a11",
    },
    "RateLimit": {
        "description": "Where this bearer is limited: the requests that remain (`r`), and the "
        "seconds until all are there again (`t`). The bearer is the token's `sub`, so a new token "
        "changes nothing (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"shopper";r=299;t=10',
    },
    "RateLimit-Policy": {
        "description": "Where this bearer is limited: the requests (`q`) in a window of seconds "
        "(`w`).",
        "schema": {"type": "string"},
        "example": '"shopper";q=300;w=10',
    },
    "Retry-After": {
        "description": "Seconds after which it is worth trying again.",
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
        "description": "Whether an earlier request of the same idempotency key did this.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "Location": {
        "description": "Where the notification is.",
        "required": True,
        "schema": {"type": "string"},
        "example": "/v1/notifications/0198c0de-0000-7000-8000-000000000001",
    },
}
_OF_STATUS = {
    "201": ("Location",),
    "401": ("WWW-Authenticate",),
    "409": ("Retry-After",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


class DocumentedAPI(FastAPI):
    """FastAPI whose document also holds what we read and answer by hand."""

    def __init__(self) -> None:
        super().__init__(
            title="Notification producer API",
            version="1",
            description=_DESCRIPTION,
            redirect_slashes=False,
            generate_unique_id_function=lambda route: route.name,
        )

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
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
    """Add what every operation of its kind answers, and the header fields."""
    responses: dict[str, Any] = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]  # FastAPI's own, which `failures.py` replaces
    if "security" in operation:
        _add(responses, _ANY_BEARER)
    if "requestBody" in operation:
        _add(responses, _ANY_BODY)
    for status, response in responses.items():
        names = ["X-Request-ID", *_OF_STATUS.get(status, ())]
        if status in {"200", "201"} and PARAMETER in operation.get("parameters", ()):
            names.append("Idempotency-Replayed")
        if "security" in operation and status != "401":
            names += ["RateLimit", "RateLimit-Policy"]
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    operation["responses"] = dict(sorted(responses.items()))
    reference = {"$ref": "#/components/parameters/X-Request-ID"}
    operation["parameters"] = [*operation.get("parameters", []), reference]


def _add(responses: dict[str, Any], common: dict[int | str, dict[str, Any]]) -> None:
    for status, entry in common.items():
        response = responses.setdefault(str(status), deepcopy(entry))
        examples = response["content"][MEDIA_TYPE]["examples"]
        examples |= entry["content"][MEDIA_TYPE]["examples"]


_WANTED = (NewNotification, WantedBatch, WantedMarks, WantedSweep, Problem)


def _schemas(made: dict[str, Any]) -> dict[str, Any]:
    _, added = models_json_schema(
        [(model, "validation") for model in _WANTED],
        ref_template="#/components/schemas/{model}",
    )
    schemas = made | added["$defs"]
    fastapis_own = {"HTTPValidationError", "ValidationError"}
    return {name: schemas[name] for name in sorted(schemas) if name not in fastapis_own}
