"""Turns shoppers away at the handshake while this instance is starting or stopping."""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from delivery.sockets.websockets import PATH


class ReadinessGate:
    """Answers 503, at which a client or a balancer tries again, elsewhere if it can.

    A refusal of the Socket.IO connection would not do: to a client that is the last word.
    """

    def __init__(self, inside: ASGIApp, is_open: Callable[[], bool]) -> None:
        self._inside = inside
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or turn away."""
        is_shopper = scope["type"] == "websocket" and scope["path"].startswith(PATH)
        if not is_shopper or self._is_open():
            await self._inside(scope, receive, send)
            return
        answer = PlainTextResponse("starting or stopping", 503, {"Retry-After": "1"})
        await WebSocket(scope, receive, send).send_denial_response(answer)
