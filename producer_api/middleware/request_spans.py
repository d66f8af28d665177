"""Tracing spans for requests that write, the ancestors of all other spans of these requests."""

from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producer_api.requests.trace_context import valid_traceparent
from runtime.tracing import OpenSpan, Tracing

_HEADER = b"traceparent"
_READ_METHODS = ("GET", "HEAD", "OPTIONS")


class RequestSpans:
    """ASGI middleware that starts a span for each request that writes. Used only if tracing is on.

    Replaces the caller's `traceparent` with that of the span. So the rest of the program always
    passes on the request's header, whether tracing is on or not.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request in a span."""
        if scope["type"] != "http" or scope["method"] in _READ_METHODS:
            return await self._app(scope, receive, send)
        other_headers = [(name, value) for name, value in scope["headers"] if name != _HEADER]
        parents = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
        span = self._tracing.start(
            scope["method"],
            SpanKind.SERVER,
            valid_traceparent(parents),
            {"http.request.method": scope["method"]},
        )
        if span is None:
            return await self._app(scope, receive, send)
        headers = [*other_headers, (_HEADER, span.traceparent.encode())]
        return await self._handle({**scope, "headers": headers}, receive, send, span)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, span: OpenSpan) -> None:
        status = 0

        async def send_watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        finally:
            route = getattr(scope.get("route"), "path", "")  # set by FastAPI
            attributes = {"http.response.status_code": status, "http.route": route}
            span.end(f"{scope['method']} {route}".strip(), attributes)
