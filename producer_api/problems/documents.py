"""Problem documents (RFC 9457): what every error is answered with."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from producer_api.problems.types import SLUGS, TYPES

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = {HTTPStatus.SERVICE_UNAVAILABLE: 2, HTTPStatus.CONFLICT: 1}

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
    instance = quote(request.scope["path"], safe="/%:@!$&'()*+,;=~", encoding="latin-1")
    members = _members(status, slug or SLUGS.get(status), detail, instance)
    if errors is not None:
        members["errors"] = [error.model_dump() for error in errors]
    return members


def documented(*which: int | str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of these problems: a status for its usual type, or a type by name."""
    entries: dict[int | str, dict[str, Any]] = {}
    for each in which:
        slug = each if isinstance(each, str) else SLUGS[HTTPStatus(each)]
        status, detail = TYPES[slug].status, TYPES[slug].detail
        example = _members(status, slug, detail, "/v1/notifications")
        if slug == "invalid":
            example["errors"] = [{"field": "title", "message": "Field required"}]
        schema = {"$ref": "#/components/schemas/Problem"}
        entry = entries.setdefault(
            int(status),
            {
                "description": _title(status),
                "content": {MEDIA_TYPE: {"schema": schema, "examples": {}}},
            },
        )
        entry["content"][MEDIA_TYPE]["examples"][slug] = {"value": example}
    return entries


def _members(status: HTTPStatus, slug: str | None, detail: str, instance: str) -> dict[str, Any]:
    return {
        "type": f"urn:notifications:problem:{slug}" if slug else "about:blank",
        "title": _title(status),
        "status": int(status),
        "detail": detail,
        "instance": instance,
    }


def _title(status: HTTPStatus) -> str:
    return _TITLES.get(status, status.phrase)
