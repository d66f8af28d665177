"""Each request that writes is a span; what it causes comes behind it in the trace."""

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.routes.trace_context import given_traceparent
from runtime.tracing import Begun, Tracing

_HEADER = b"traceparent"
_READING = ("GET", "HEAD", "OPTIONS")


class Traced:
    """ASGI middleware, used only while traces are on. The caller's `traceparent`, or none, gives
    way to the span's own: so the rest of the program need not know of it.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as part of the span."""
        if scope["type"] != "http" or scope["method"] in _READING:
            return await self._app(scope, receive, send)
        others = [(name, value) for name, value in scope["headers"] if name != _HEADER]
        given = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
        begun = self._tracing.begin(
            scope["method"],
            SpanKind.SERVER,
            given_traceparent(given),
            {"http.request.method": scope["method"]},
        )
        if begun is None:
            return await self._app(scope, receive, send)
        headers = [*others, (_HEADER, begun.traceparent.encode())]
        return await self._answered({**scope, "headers": headers}, receive, send, begun)

    async def _answered(self, scope: Scope, receive: Receive, send: Send, begun: Begun) -> None:
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "")  # FastAPI has put it there
            attributes = {"http.response.status_code": status, "http.route": route}
            begun.end(f"{scope['method']} {route}".strip(), attributes)
