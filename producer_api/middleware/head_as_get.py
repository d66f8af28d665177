"""Handles HEAD requests as GET."""

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware that handles HEAD as GET. The server leaves out the body of the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # Change a copy, because the server needs the method in its own scope to drop the body.
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
