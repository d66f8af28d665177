"""The caller's trace (W3C Trace Context), which is passed on."""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import Request

_VERSION_00 = re.compile(
    r"00-(?!0{32})[0-9a-f]{32}"  # the trace
    r"-(?!0{16})[0-9a-f]{16}"  # the caller's span
    r"-[0-9a-f]{2}"
)

#: For the OpenAPI document.
TRACEPARENT: dict[str, Any] = {
    "name": "traceparent",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The caller's trace (W3C Trace Context, version 00), which travels into the "
    "headers of the records. One that is not valid is ignored.",
}


def traceparent_of(request: Request) -> str | None:
    """The request's `traceparent`; None where there is none, or anything but one valid one."""
    return given_traceparent(request.headers.getlist("traceparent"))


def given_traceparent(given: Sequence[str]) -> str | None:
    """The one that was given; None where there is none, or anything but one valid one."""
    if len(given) != 1 or not _VERSION_00.fullmatch(given[0]):
        return None
    return given[0]
