"""Traces (OpenTelemetry), off unless configured.

The producer API and delivery record spans of the same traces. W3C Trace Context joins them: the
order service's request, the records on the topic, and the documents in the inbox carry the
`traceparent`. A span of a notification is recorded only when it is over, with its start and end
times. So no notification carries an open span, and traces cost nothing while they are off.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

#: OpenTelemetry's own variables. Setting one of them switches traces on.
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
_EXPORT_SECONDS = 1
_HEADER = "traceparent"
_SCOPE = "notification-pipeline"
_NANOSECONDS = 1_000_000_000

Attributes = Mapping[str, str | int]


class Tracing:
    """Owns the exporter of spans: a bounded queue, and a thread that sends the spans.

    Recording never waits. A full queue drops further spans.
    """

    def __init__(self, provider: "TracerProvider | None" = None) -> None:
        self._provider = provider
        self._tracer = None if provider is None else provider.get_tracer(_SCOPE)
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def configured(cls, service: str) -> Self:
        """Return a `Tracing` with the settings in OpenTelemetry's environment variables.

        It is off unless `OTEL_EXPORTER_OTLP_ENDPOINT` or `…_TRACES_ENDPOINT` is set.
        """
        if not any(os.environ.get(name) for name in _ENDPOINTS):
            return cls()
        # Import the SDK only here. It would add a tenth of a second to each start of a process.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
        # OpenTelemetry's own time-out of 10 s is longer than a program may take to stop.
        timeout = None if os.environ.get(_TIMEOUT) else _EXPORT_SECONDS
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout)))
        return cls(provider)

    @property
    def is_on(self) -> bool:
        """Whether spans are recorded."""
        return self._tracer is not None

    def start(
        self, name: str, kind: SpanKind, parent: str | None, attributes: Attributes
    ) -> "OpenSpan | None":
        """Start a span, which the caller ends later. Return None while traces are off."""
        if self._tracer is None:
            return None
        context = self._context(parent)
        span = self._tracer.start_span(name, context, kind, attributes=dict(attributes))
        return OpenSpan(span)

    def record(
        self,
        name: str,
        kind: SpanKind,
        parent: str | None,
        times: tuple[float, float],
        attributes: Attributes,
    ) -> None:
        """Record a span that is over. `times` are its start and its end in Unix seconds.

        Does nothing without a parent.
        """
        if self._tracer is None or parent is None:
            return
        start, end = (int(seconds * _NANOSECONDS) for seconds in times)
        span = self._tracer.start_span(
            name, self._context(parent), kind, attributes=dict(attributes), start_time=start
        )
        span.end(end)

    async def close(self) -> None:
        """Send the queued spans. Takes a few seconds at most."""
        if self._provider is not None:
            await asyncio.to_thread(self._provider.shutdown)

    def _context(self, parent: str | None) -> Context:
        return self._propagator.extract({_HEADER: parent} if parent is not None else {}, Context())


class OpenSpan:
    """A span that is not over yet."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """The header value that makes this span the parent of others."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self, name: str, attributes: Attributes) -> None:
        """End the span. Sets the final name and attributes, which may be unknown at the start."""
        self._span.update_name(name)
        self._span.set_attributes(dict(attributes))
        self._span.end()


#: Tracing that records nothing.
OFF = Tracing()
