"""Keeps the peers' endpoint off the public port, if peers have a port of their own."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from delivery.peers.dial import PATH


class PeerPort:
    """ASGI middleware that serves peers on one port only, and nothing else there.

    Other requests get a 404 there, and peers get a 404 on all other ports. So a firewall on that
    port keeps strangers from the endpoint, even if a proxy forwards all paths to the public port.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer 404."""
        if scope["type"] == "lifespan" or self._is_at_its_port(scope):
            await self._app(scope, receive, send)
            return
        answer = PlainTextResponse("Not Found", 404)
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)

    def _is_at_its_port(self, scope: Scope) -> bool:
        is_of_a_peer = scope["type"] == "websocket" and scope["path"] == PATH
        is_at_the_peer_port = scope["server"][1] == self._port
        return bool(is_of_a_peer == is_at_the_peer_port)
