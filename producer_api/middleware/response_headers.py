"""The headers of all responses, including errors: the request's id and the rate limit."""

import re
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.identity.rate_limits import Allowance
from runtime.log_lines import log_fields

_VALID_ID = re.compile(rb"[\x20-\x7e]{1,128}")


class ResponseHeaders:
    """ASGI middleware that adds the headers. The outermost, because other middleware also responds.

    The request's id is the caller's `X-Request-ID` if it is printable ASCII, otherwise a new one.
    All log lines of the request contain it. The rate limit comes from the request's state, where
    `Bearer` stores an `Allowance`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request, and add the headers to its response."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        state = scope.setdefault("state", {})
        request_id = _request_id(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(b"x-request-id", request_id)]
                allowance: Allowance | None = state.get("allowance")
                if allowance is not None:
                    headers += allowance.headers
                message = {**message, "headers": [*message.get("headers", ()), *headers]}
            await send(message)

        token = log_fields.set({"request_id": request_id.decode()})
        try:
            return await self._app(scope, receive, send_with_headers)
        finally:
            log_fields.reset(token)


def _request_id(scope: Scope) -> bytes:
    ids: list[bytes] = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(ids) == 1 and _VALID_ID.fullmatch(ids[0]):
        return ids[0]
    return uuid4().hex.encode()
