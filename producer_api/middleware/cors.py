"""CORS, with problem documents as the answers to refused preflight requests."""

from fastapi import Request
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from producer_api.problems.documents import problem

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


class Cors(CORSMiddleware):
    """ASGI middleware that lets pages of these origins call the API."""

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=_ALLOWED_HEADERS,
            expose_headers=_EXPOSED_HEADERS,
            max_age=600,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return the answer to a browser's preflight request."""
        answer = super().preflight_response(request_headers)
        return _Refusal(answer) if answer.status_code == _BAD_REQUEST else answer


class _Refusal(Response):
    """Starlette's refusal of a preflight, as a problem document.

    Starlette does not pass the request to `preflight_response`, but a problem document names the
    request's path. So this response does not build the document until it is sent.
    """

    def __init__(self, plain: Response) -> None:
        super().__init__(plain.body, plain.status_code)
        cors = ("vary", "access-control-")
        self._headers_of_cors = {
            name: value for name, value in plain.headers.items() if name.startswith(cors)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the problem document."""
        detail = bytes(self.body).decode()
        answer = problem(Request(scope), "bad-request", detail, headers=self._headers_of_cors)
        await answer(scope, receive, send)
