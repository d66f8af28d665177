"""CORS: which pages may call the API, with problem documents as the answers to refused preflights.

The rules are Starlette's. But Starlette's own middleware would wrap each answer and search its
headers, which takes time.
"""

from fastapi import Request
from fastapi.responses import Response
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from producer_api.problems.documents import problem

RawHeaders = list[tuple[bytes, bytes]]

_EXPOSED_HEADERS = (
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)
_ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "traceparent",
    "X-Request-ID",
)
_BAD_REQUEST = 400
_VARY = (b"vary", b"Origin")
_ALLOW_ORIGIN = b"access-control-allow-origin"


class Cors:
    """Lets pages of these origins read the answers of the API."""

    def __init__(self, origins: list[str]) -> None:
        self._rules = CORSMiddleware(
            _unused,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=_ALLOWED_HEADERS,
            expose_headers=_EXPOSED_HEADERS,
            max_age=600,
        )
        self._of_pages: RawHeaders = [
            (name.lower().encode(), value.encode())
            for name, value in self._rules.simple_headers.items()
        ]

    def headers(self, origin: bytes | None) -> RawHeaders:
        """Return the CORS headers of an answer. `origin` is None if no page sent the request."""
        if origin is None:
            return [_VARY]
        rules = self._rules
        if not rules.allow_all_origins and rules.is_allowed_origin(origin.decode("latin-1")):
            return [*self._of_pages, (_ALLOW_ORIGIN, origin), _VARY]
        return [*self._of_pages, _VARY]

    def preflight(self, request: Request) -> Response | None:
        """Return the answer to a browser's preflight request; None for any other request."""
        headers = request.headers
        if (
            request.method != "OPTIONS"
            or "origin" not in headers
            or "access-control-request-method" not in headers
        ):
            return None
        answer = self._rules.preflight_response(headers)
        if answer.status_code != _BAD_REQUEST:
            return answer
        cors = ("vary", "access-control-")
        kept = {name: value for name, value in answer.headers.items() if name.startswith(cors)}
        return problem(request, "bad-request", bytes(answer.body).decode(), headers=kept)


async def _unused(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Take the place of the application that Starlette's middleware would call."""
