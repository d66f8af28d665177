"""Problem documents (RFC 9457), the answers to all requests that fail."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from producer_api.problems.fields import FieldError
from producer_api.problems.problem_types import SLUGS, TYPES

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = {HTTPStatus.SERVICE_UNAVAILABLE: 2, HTTPStatus.CONFLICT: 1}

# These titles are from RFC 9110. Python 3.11 still has those of older RFCs.
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


class Problem(BaseModel):
    """An error. `type` is stable: branch on it, and show `detail`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] | None = None


def problem(
    request: Request,
    slug: str,
    detail: str,
    *,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer to a request that failed with this type of problem."""
    members = problem_members(request, slug, detail, errors=errors)
    return _response(TYPES[slug].status, members, headers)


def problem_of_status(
    request: Request, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer with this status and its default type, or `about:blank` without one."""
    members = _members(status, SLUGS.get(status), detail, _instance(request))
    return _response(status, members, headers)


def problem_members(
    request: Request, slug: str, detail: str, *, errors: list[FieldError] | None = None
) -> dict[str, Any]:
    """Return the members of a problem document, to embed it in the answer to a batch."""
    members = _members(TYPES[slug].status, slug, detail, _instance(request))
    if errors is not None:
        members["errors"] = [error.model_dump() for error in errors]
    return members


def documented(*problems: int | str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses for these problems.

    An integer is a status, and stands for its default type. A string is a slug.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for key in problems:
        slug = key if isinstance(key, str) else SLUGS[HTTPStatus(key)]
        status, detail = TYPES[slug].status, TYPES[slug].detail
        example = _members(status, slug, detail, "/v1/notifications")
        if slug == "invalid":
            example["errors"] = [{"field": "title", "message": "Field required"}]
        schema = {"$ref": "#/components/schemas/Problem"}
        response = responses.setdefault(
            int(status),
            {
                "description": _title(status),
                "content": {MEDIA_TYPE: {"schema": schema, "examples": {}}},
            },
        )
        response["content"][MEDIA_TYPE]["examples"][slug] = {"value": example}
    return responses


def _response(
    status: HTTPStatus, members: dict[str, Any], headers: Mapping[str, str] | None
) -> Response:
    headers = dict(headers or {})
    if status in _RETRY_AFTER_SECONDS:
        headers.setdefault("Retry-After", str(_RETRY_AFTER_SECONDS[status]))
    return Response(orjson.dumps(members), int(status), headers, MEDIA_TYPE)


def _instance(request: Request) -> str:
    # The path may contain any bytes (see `RequestMiddleware`), but `instance` must be a URI
    # reference.
    return quote(request.scope["path"], safe="/%:@!$&'()*+,;=~", encoding="latin-1")


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
