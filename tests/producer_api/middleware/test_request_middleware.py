"""Headers of every response and fields of its log lines, even if the request fails."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
import pytest_asyncio
from fastapi import Request
from fastapi.responses import PlainTextResponse
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from producer_api.identity.rate_limits import Allowance
from producer_api.middleware.request_middleware import RequestMiddleware
from producer_api.problems.handlers import add_problem_handlers
from producer_api.routes.openapi_document import DocumentedAPI
from runtime.log_lines import JsonLines
from runtime.tracing import Tracing

_log = logging.getLogger("test")
_FRESH = re.compile("[0-9a-f]{32}")
_ALLOWANCE = Allowance("shopper", quota=2, window=10, remaining=1, reset=7, exceeded=False)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """The spans that have ended."""
    return InMemorySpanExporter()


@pytest_asyncio.fixture
async def client(spans: InMemorySpanExporter) -> httpx.AsyncClient:
    api = DocumentedAPI()

    @api.get("/")
    async def answers() -> PlainTextResponse:
        _log.warning("seen")
        return PlainTextResponse("hello")

    @api.get("/fails")
    async def fails(request: Request) -> None:
        request.state.allowance = _ALLOWANCE
        raise RuntimeError("a bug")

    @api.get("/of/{name}")
    async def shows(name: str) -> PlainTextResponse:
        return PlainTextResponse(name)

    @api.post("/slow")
    async def slow(request: Request) -> PlainTextResponse:
        return PlainTextResponse(await request.body())

    add_problem_handlers(api)
    api.post("/fails")(fails)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    middleware = RequestMiddleware(
        api, {}, ["http://page.example"], body_seconds=0.2, tracing=Tracing(provider)
    )
    transport = httpx.ASGITransport(middleware)
    return httpx.AsyncClient(transport=transport, base_url="http://api")


@pytest.mark.parametrize("name", ["a", "order 7: try 2", "~" * 128])
async def test_request_id_of_printable_ascii_is_kept(name: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"X-Request-ID": name})
    assert answer.headers["x-request-id"] == name


@pytest.mark.parametrize("name", [b"", b"a" * 129, b"\xe9", b"a\tb", b"\x00"])
async def test_invalid_request_id_is_replaced(name: bytes, client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=[(b"X-Request-ID", name)])
    assert _FRESH.fullmatch(answer.headers["x-request-id"])


async def test_repeated_request_id_is_replaced(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=[("X-Request-ID", "a"), ("X-Request-ID", "b")])
    assert _FRESH.fullmatch(answer.headers["x-request-id"])


async def test_each_request_without_an_id_gets_its_own(client: httpx.AsyncClient) -> None:
    request_ids = {(await client.get("/")).headers["x-request-id"] for _ in range(5)}
    assert len(request_ids) == 5


async def test_log_lines_of_the_request_have_its_id(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines())
    await client.get("/", headers={"X-Request-ID": "mine"})
    _log.warning("after")
    lines = [orjson.loads(line) for line in caplog.text.splitlines()]
    request_ids = {line["event"]: line.get("request_id") for line in lines}
    assert (request_ids["seen"], request_ids["after"]) == ("mine", None)


async def test_bug_is_answered_with_all_headers_and_logged_with_the_request_id(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines())
    headers = {"X-Request-ID": "mine", "Origin": "http://page.example"}
    answer = await client.get("/fails", headers=headers)
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["ratelimit"] == '"shopper";r=1;t=7'
    assert answer.headers["ratelimit-policy"] == '"shopper";q=2;w=10'
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)
    logged = [orjson.loads(line) for line in caplog.text.splitlines() if "a bug" in line]
    assert [line["request_id"] for line in logged] == ["mine"]


async def test_span_of_a_bug_has_the_status_of_its_answer(
    client: httpx.AsyncClient, spans: InMemorySpanExporter
) -> None:
    assert (await client.post("/fails")).status_code == 500
    [span] = spans.get_finished_spans()
    assert span.name == "POST /fails"
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 500


async def test_preflight_has_the_request_id_and_its_refusal_is_a_problem(
    client: httpx.AsyncClient,
) -> None:
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-request-id",
    }
    allowed = await client.options("/", headers=preflight | {"Origin": "http://page.example"})
    assert (allowed.status_code, "x-request-id" in allowed.headers) == (200, True)
    refused = await client.options("/", headers=preflight | {"Origin": "http://evil.example"})
    assert (refused.status_code, "x-request-id" in refused.headers) == (400, True)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:notifications:problem:bad-request"
    assert refused.json()["detail"] == "Disallowed CORS origin"
    assert len(refused.headers.get_list("vary")) == 1, "the CORS middleware has set it already"
    assert "Origin" in refused.headers["vary"]
    assert "access-control-allow-origin" not in refused.headers


async def test_head_is_handled_as_get_and_keeps_its_method_for_the_server(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.head("/")
    assert (answer.status_code, answer.headers["content-length"]) == (200, "5")
    assert answer.request.method == "HEAD"


@pytest.mark.parametrize("segment", ["a%2Fb", "%2e%2e", "%ff", "a"])
async def test_a_segment_is_routed_as_it_is_encoded(
    segment: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"/of/{segment}")
    assert (answer.status_code, answer.text) == (200, segment)


async def test_a_slow_body_is_answered_408_and_its_connection_ends(
    client: httpx.AsyncClient,
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(5)
        yield b"b"

    answer = await client.post("/slow", content=body())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert "within 0.2 seconds" in answer.json()["detail"]
    assert "x-request-id" in answer.headers


@pytest.mark.parametrize("origin", ["http://page.example", "http://evil.example", None])
async def test_only_the_pages_that_may_read_an_answer_are_named(
    origin: str | None, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/", headers={"Origin": origin} if origin else {})
    allowed = answer.headers.get("access-control-allow-origin")
    assert allowed == ("http://page.example" if origin == "http://page.example" else None)
    assert answer.headers["vary"] == "Origin"
