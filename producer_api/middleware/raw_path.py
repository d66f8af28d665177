"""Routes by the raw path, so that an encoded slash does not split a segment."""

from starlette.types import ASGIApp, Receive, Scope, Send


class RawPath:
    """ASGI middleware that puts the raw path in `path`. Handlers decode the segments they use."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request, routed by its raw path."""
        if scope["type"] == "http":
            scope["path"] = scope["raw_path"].decode("latin-1")
        await self._app(scope, receive, send)
