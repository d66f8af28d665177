"""Header fields that an answer has whatever made it: the request's id, and the rate limit's."""

import re
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.identity.rate_limits import Allowance
from runtime.logs import log_fields

_SANE_ID = re.compile(rb"[\x20-\x7e]{1,128}")


class AnswerFields:
    """ASGI middleware, outermost, so that every answer has them.

    The request's id is the caller's `X-Request-ID`, where that is sane, or a fresh one; all that
    is logged on the way has it too. `Bearer` leaves an `Allowance` in the request's state.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer with the fields."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        state = scope.setdefault("state", {})
        request_id = _request_id(scope)

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = [(b"x-request-id", request_id)]
                allowance: Allowance | None = state.get("allowance")
                if allowance is not None:
                    fields += allowance.fields
                message = {**message, "headers": [*message.get("headers", ()), *fields]}
            await send(message)

        token = log_fields.set({"request_id": request_id.decode()})
        try:
            return await self._app(scope, receive, completed)
        finally:
            log_fields.reset(token)


def _request_id(scope: Scope) -> bytes:
    given: list[bytes] = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(given) == 1 and _SANE_ID.fullmatch(given[0]):
        return given[0]
    return uuid4().hex.encode()
