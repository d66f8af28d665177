"""Refuses shoppers at the WebSocket handshake while this instance is starting or stopping."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from delivery.sockets.websockets import PATH


class ReadinessGate:
    """Answers 503, so that the client or the load balancer tries again, perhaps elsewhere.

    Do not refuse the Socket.IO connection instead: clients treat that as final.
    """

    def __init__(self, app: ASGIApp, is_open: Callable[[], bool]) -> None:
        self._app = app
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it with 503."""
        is_shopper = scope["type"] == "websocket" and scope["path"].startswith(PATH)
        if not is_shopper or self._is_open():
            await self._app(scope, receive, send)
            return
        answer = PlainTextResponse("starting or stopping", 503, {"Retry-After": "1"})
        await WebSocket(scope, receive, send).send_denial_response(answer)
