"""An OpenTelemetry collector that receives spans over OTLP/HTTP and keeps them."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.local.ports import HOST
from tests.services.waiting import PATIENCE_SECONDS


class Span(NamedTuple):
    """One span that arrived; `begin` and `end` are Unix times in seconds."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    begin: float
    end: float
    attributes: dict[str, str]


class Collector:
    """Owns the spans that have arrived, in order of arrival."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._arrived = asyncio.Condition()

    async def until(self, count: int) -> None:
        """Wait until `count` spans have arrived."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._arrived:
            await self._arrived.wait_for(lambda: len(self.spans) >= count)

    async def take(self, request: web.Request) -> web.Response:
        """Handle an exporter's request."""
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        export = ExportTraceServiceRequest.FromString(body)
        async with self._arrived:
            for resource in export.resource_spans:
                service = _texts(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    self.spans += [_span(service, span) for span in scope.spans]
            self._arrived.notify_all()
        return web.Response()


def _span(service: str, span: object) -> Span:
    return Span(
        service,
        span.name,  # type: ignore[attr-defined] # a protobuf message
        span.trace_id.hex(),  # type: ignore[attr-defined]
        span.span_id.hex(),  # type: ignore[attr-defined]
        span.parent_span_id.hex(),  # type: ignore[attr-defined]
        span.start_time_unix_nano / 1e9,  # type: ignore[attr-defined]
        span.end_time_unix_nano / 1e9,  # type: ignore[attr-defined]
        _texts(span.attributes),  # type: ignore[attr-defined]
    )


def _texts(attributes: object) -> dict[str, str]:
    return {
        attribute.key: attribute.value.string_value or str(attribute.value.int_value)
        for attribute in attributes  # type: ignore[attr-defined]
    }


@asynccontextmanager
async def collecting(port: int) -> AsyncIterator[Collector]:
    """Run a collector on this port of 127.0.0.1."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield collector
    finally:
        await runner.cleanup()
