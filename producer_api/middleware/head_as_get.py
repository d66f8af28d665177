"""HEAD requests, which are handled as GET."""

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware: handles a HEAD as a GET. The server leaves the body of the response out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # Change a copy: the server reads the method in its own scope to leave the body out.
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
