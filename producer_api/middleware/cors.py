"""CORS, with refusals that are problems like all others."""

from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from producer_api.problems.documents import problem

_EXPOSED = (
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)
_TAKEN = ("Authorization", "Content-Type", "Idempotency-Key", "traceparent", "X-Request-ID")


class Cors(CORSMiddleware):
    """Lets pages of these origins call the API."""

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "PATCH", "DELETE"),
            allow_headers=_TAKEN,
            expose_headers=_EXPOSED,
            max_age=600,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser is told before it sends a request."""
        answer = super().preflight_response(request_headers)
        refused = answer.status_code == HTTPStatus.BAD_REQUEST
        return _Refusal(answer) if refused else answer


class _Refusal(Response):
    """Starlette's refusal, said as a problem."""

    def __init__(self, plain: Response) -> None:
        super().__init__(plain.body, plain.status_code)
        cors = ("vary", "access-control-")
        self._fields = {
            name: value for name, value in plain.headers.items() if name.startswith(cors)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer it."""
        detail = bytes(self.body).decode()
        answer = problem(Request(scope), HTTPStatus.BAD_REQUEST, detail, headers=self._fields)
        await answer(scope, receive, send)
