"""A request's `traceparent` header (W3C Trace Context), which its Kafka records also carry."""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import Request

_VERSION_00 = re.compile(
    r"00-(?!0{32})[0-9a-f]{32}"  # the trace
    r"-(?!0{16})[0-9a-f]{16}"  # the caller's span
    r"-[0-9a-f]{2}"  # flags
)

#: Describes the header in the OpenAPI document.
TRACEPARENT: dict[str, Any] = {
    "name": "traceparent",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The caller's trace (W3C Trace Context, version 00). The Kafka records get the "
    "same header. An invalid value is ignored.",
}


def traceparent_of(request: Request) -> str | None:
    """Return the request's `traceparent`, or None unless it has exactly one valid value."""
    return valid_traceparent(request.headers.getlist("traceparent"))


def valid_traceparent(values: Sequence[str]) -> str | None:
    """Return the header's value if it is valid and the only one, otherwise None."""
    if len(values) != 1 or not _VERSION_00.fullmatch(values[0]):
        return None
    return values[0]
