"""Traces (OpenTelemetry), off unless configured: both programs tell parts of the same one.

W3C Trace Context joins them: the `traceparent` of the order service's request, of the records on
the topic, and of the documents in the inbox. Spans are told when they are over, with their times,
so the way of a notification carries no span and pays nothing while this is off.
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

#: OpenTelemetry's own variables; one of them switches traces on.
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
_EXPORT_SECONDS = 1
_HEADER = "traceparent"
_SCOPE = "notification-pipeline"
_NANOSECONDS = 1_000_000_000

Attributes = Mapping[str, str | int]


class Tracing:
    """Owns what exports spans: a bounded queue, and a thread that sends it on. What finds no room
    is dropped, and nobody waits for it.
    """

    def __init__(self, provider: "TracerProvider | None" = None) -> None:
        self._provider = provider
        self._tracer = None if provider is None else provider.get_tracer(_SCOPE)
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def configured(cls, service: str) -> Self:
        """As the environment says: `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin."""
        if not any(os.environ.get(name) for name in _ENDPOINTS):
            return cls()
        # Loading it costs each start of a process a tenth of a second.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
        # Its own time-out, of 10 s, is longer than a program that is stopped may take.
        timeout = None if os.environ.get(_TIMEOUT) else _EXPORT_SECONDS
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout)))
        return cls(provider)

    @property
    def is_on(self) -> bool:
        """Whether anybody wants spans."""
        return self._tracer is not None

    def begin(
        self, name: str, kind: SpanKind, parent: str | None, attributes: Attributes
    ) -> "Begun | None":
        """A span that goes on; None while traces are off."""
        if self._tracer is None:
            return None
        context = self._context(parent)
        span = self._tracer.start_span(name, context, kind, attributes=dict(attributes))
        return Begun(span)

    def tell(
        self,
        name: str,
        kind: SpanKind,
        parent: str | None,
        times: tuple[float, float],
        attributes: Attributes,
    ) -> None:
        """A span that is over; `times` are its beginning and its end in Unix seconds."""
        if self._tracer is None or parent is None:
            return
        begin, end = (int(each * _NANOSECONDS) for each in times)
        span = self._tracer.start_span(
            name, self._context(parent), kind, attributes=dict(attributes), start_time=begin
        )
        span.end(end)

    async def close(self) -> None:
        """Send what waits, within seconds."""
        if self._provider is not None:
            await asyncio.to_thread(self._provider.shutdown)

    def _context(self, parent: str | None) -> Context:
        return self._propagator.extract({_HEADER: parent} if parent is not None else {}, Context())


class Begun:
    """A span that is not over yet."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What names this span as the parent of others."""
        known = self._span.get_span_context()
        return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}"

    def end(self, name: str, attributes: Attributes) -> None:
        """It is over, and has a better name by now."""
        self._span.update_name(name)
        self._span.set_attributes(dict(attributes))
        self._span.end()


#: Nobody wants spans.
OFF = Tracing()
