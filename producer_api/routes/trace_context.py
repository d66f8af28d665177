"""The caller's trace (W3C Trace Context), passed on as it came: we take no spans of our own."""

import re

from fastapi import Request

_VERSION_00 = re.compile(
    r"00-(?!0{32})[0-9a-f]{32}"  # the trace
    r"-(?!0{16})[0-9a-f]{16}"  # the caller's span
    r"-[0-9a-f]{2}"
)


def traceparent_of(request: Request) -> str | None:
    """The request's `traceparent`; None where there is none, or anything but one valid one."""
    given = request.headers.getlist("traceparent")
    if len(given) != 1 or not _VERSION_00.fullmatch(given[0]):
        return None
    return given[0]
