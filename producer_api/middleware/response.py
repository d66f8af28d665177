"""The response to one request, which gets the headers that all responses have."""

from collections.abc import Iterable
from typing import Any

from fastapi.responses import Response
from starlette.types import Message, Scope, Send

from producer_api.identity.rate_limits import Allowance
from producer_api.middleware.cors import RawHeaders
from producer_api.requests.encoded_json_response import EncodedJsonResponse
from runtime.whole_response import send_whole


class ResponseSender:
    """Sends the messages of one response, and owns its status and its common headers.

    Adds the headers of CORS, the request's id, and those of the rate limit. `Bearer` stores the
    `Allowance` for these in the request's state.
    """

    __slots__ = ("_common", "_request_id", "_scope", "_send", "_state", "status")

    def __init__(self, scope: Scope, send: Send, request_id: bytes, cors: RawHeaders) -> None:
        self._scope = scope
        self._send = send
        self._state: dict[str, Any] = scope.setdefault("state", {})
        self._request_id = (b"x-request-id", request_id)
        self._common = [*cors, self._request_id]
        self.status = 0
        """The status of the response; 0 if it has not started."""

    def leave_cors(self) -> None:
        """Do not add the headers of CORS, because the response has its own."""
        self._common = [self._request_id]

    async def __call__(self, message: Message) -> None:
        """Send a message. Add the headers if it starts the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._complete(message.get("headers", ()))}
        await self._send(message)

    async def answer(self, response: Response) -> None:
        """Send a response whose whole body is known."""
        self.status = response.status_code
        if isinstance(response, EncodedJsonResponse):
            headers = self._complete(response.raw_headers)
            if await send_whole(self._scope, self.status, headers, bytes(response.body)):
                return
        await response(self._scope, _nothing, self)

    def _complete(self, headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        complete = [*headers, *self._common]
        allowance: Allowance | None = self._state.get("allowance")
        if allowance is not None:
            complete += allowance.headers
        return complete


async def _nothing() -> Message:
    """Stand in for `receive`, which a complete response does not call."""
    return {"type": "http.disconnect"}
