"""Tracing spans for requests that write. Each is the ancestor of all other spans of its request."""

from opentelemetry.trace import SpanKind
from starlette.types import Scope

from producer_api.requests.indexed_headers import IndexedHeaders
from producer_api.requests.trace_context import valid_traceparent
from runtime.tracing import OpenSpan, Tracing

_HEADER = b"traceparent"
_READ_METHODS = ("GET", "HEAD", "OPTIONS")


def begin_span(tracing: Tracing, scope: Scope, headers: IndexedHeaders) -> OpenSpan | None:
    """Start the span of a request that writes. Return None if the request gets no span.

    Replaces the request's `traceparent` with that of the span. So the rest of the program can
    always pass on the header of the request, whether tracing is on or not.
    """
    method = scope["method"]
    if method in _READ_METHODS:
        return None
    parent = valid_traceparent(headers.getlist("traceparent"))
    span = tracing.start(method, SpanKind.SERVER, parent, {"http.request.method": method})
    if span is not None:
        others = [(name, value) for name, value in scope["headers"] if name != _HEADER]
        scope["headers"] = [*others, (_HEADER, span.traceparent.encode())]
    return span


def end_span(span: OpenSpan, scope: Scope, status: int) -> None:
    """End the span of a request that was answered with this status; 0 means no answer."""
    route = getattr(scope.get("route"), "path", "")
    attributes = {"http.response.status_code": status, "http.route": route}
    span.end(f"{scope['method']} {route}".strip(), attributes)
