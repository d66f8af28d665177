"""HEAD, for whatever answers GET."""

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware: a HEAD is handled as a GET. The server leaves the answer's body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # A copy: the server goes by its own.
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
