"""Refuses shoppers before their session begins, while this instance cannot serve them."""

from collections.abc import Callable, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from delivery.sockets.arrivals import Arrivals
from delivery.sockets.polling_client import PollingSessions
from delivery.sockets.server import PATH


class ReadinessGate:
    """Lets sessions begin a few at a time, while this instance can serve them.

    While it cannot serve them, answers 503, so that the client or the load balancer tries again,
    perhaps elsewhere.

    Do not refuse the Socket.IO connection instead: clients treat such a refusal as final.
    """

    def __init__(
        self,
        app: ASGIApp,
        is_open: Callable[[], bool],
        polling: PollingSessions,
        arrivals: Arrivals,
        origins: Sequence[str],
    ) -> None:
        """Let pages of these origins read the refusals. `"*"` stands for all."""
        self._app = app
        self._origins = origins
        self._arrivals = arrivals
        self._is_open = is_open
        self._polling = polling

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it with 503."""
        begins_a_session = _begins_a_session(scope)
        if begins_a_session:
            await self._arrivals.turn()
        refusal = self._refusal(scope) if begins_a_session else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        answer = PlainTextResponse(refusal, 503, {"Retry-After": "1"})
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            # Without these headers, a page of another origin could not read the answer.
            cors = CORSMiddleware(answer, self._origins, expose_headers=("Retry-After",))
            await cors(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        if not self._is_open():
            return "starting or stopping"
        if scope["type"] == "http" and not self._polling.has_room:
            return "too many sessions poll"
        return None


def _begins_a_session(scope: Scope) -> bool:
    if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(PATH):
        return False
    if scope["type"] == "http" and scope["method"] != "GET":
        return False
    fields = scope["query_string"].split(b"&")
    # An empty `sid=` does not count: python-engineio ignores it.
    return not any(field.startswith(b"sid=") and field != b"sid=" for field in fields)
