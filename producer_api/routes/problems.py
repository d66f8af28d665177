"""Problem documents (RFC 9457): what every error is answered with."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = {HTTPStatus.SERVICE_UNAVAILABLE: 2, HTTPStatus.CONFLICT: 1}

_SLUGS = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.GONE: "gone",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


class FieldError(BaseModel):
    """One field that is wrong; `field` is a dotted path, empty for the body as a whole."""

    field: str
    message: str


class Problem(BaseModel):
    """An error. `type` is stable: decide by it, and show `detail`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] | None = None


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    slug: str | None = None,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that failed. `slug` tells apart what shares a status."""
    members = members_of(request, status, detail, slug=slug, errors=errors)
    headers = dict(headers or {})
    if status in _RETRY_AFTER_SECONDS:
        headers.setdefault("Retry-After", str(_RETRY_AFTER_SECONDS[status]))
    return Response(orjson.dumps(members), int(status), headers, MEDIA_TYPE)


def members_of(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    slug: str | None = None,
    errors: list[FieldError] | None = None,
) -> dict[str, Any]:
    """The problem by itself, as it stands in the answer to a part of a request."""
    slug = slug or _SLUGS.get(status)
    members: dict[str, Any] = {
        "type": f"urn:notifications:problem:{slug}" if slug else "about:blank",
        "title": _TITLES.get(status, status.phrase),
        "status": int(status),
        "detail": detail,
        "instance": quote(request.scope["path"], safe="/%:@!$&'()*+,;=~", encoding="latin-1"),
    }
    if errors is not None:
        members["errors"] = [error.model_dump() for error in errors]
    return members


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of these problems."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
