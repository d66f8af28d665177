"""Routing by the path as it was sent, so that an encoded slash does not split its segment."""

from starlette.types import ASGIApp, Receive, Scope, Send


class RawPath:
    """ASGI middleware: puts the raw path in `path`. The handlers decode the segments they take."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request by its raw path."""
        if scope["type"] == "http":
            scope["path"] = scope["raw_path"].decode("latin-1")
        await self._app(scope, receive, send)
