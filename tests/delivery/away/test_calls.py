"""Calls to endpoints: checked addresses, bounded time, no redirects."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web

from delivery.away.calls.client import CallFailedError, Client
from delivery.away.calls.guarded_network import RefusedAddressError

_LOOPBACK = [ip_network("127.0.0.0/8")]

Handler = Callable[[web.Request], Any]


@asynccontextmanager
async def _serving(port: int, handler: Handler) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _client(allowed: Any = _LOOPBACK, seconds: float = 5.0) -> AsyncIterator[Client]:
    client = Client(allowed, 4, seconds)
    try:
        yield client
    finally:
        await client.close()


def _resolving_to(*answers: list[str]) -> Callable[..., Any]:
    """Return a resolver that answers with these addresses, one answer for each question."""
    left = list(answers)

    def resolve(_host: str, port: int, **_options: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0)
        ]

    return resolve


async def test_a_name_is_resolved_once_and_exactly_that_address_is_called(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.Response(status=204)

    port = next(ports)
    # A second question would get another answer, as from a name server that rebinds.
    resolver = _resolving_to(["10.0.0.1", "127.0.0.1"], ["10.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    async with _serving(port, handler), _client() as client:
        answer = await client.post(f"http://rebind.example:{port}/", {}, b"{}")
    assert answer.is_success
    assert hosts == [f"rebind.example:{port}"]


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
async def test_a_name_of_a_private_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolving_to([address]))
    async with _client(allowed=[]) as client:
        with pytest.raises(RefusedAddressError, match="AWAY_ALLOWED_NETWORKS"):
            await client.post("http://inside.example/", {}, b"{}")


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
)
async def test_no_spelling_of_a_loopback_address_passes(host: str) -> None:
    async with _client(allowed=[]) as client:
        with pytest.raises(RefusedAddressError):
            await client.post(f"http://{host}:9/", {}, b"{}")


async def test_a_redirect_is_an_answer_and_is_not_followed(ports: Iterator[int]) -> None:
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/stolen", "Retry-After": "120"})

    port = next(ports)
    async with _serving(port, handler), _client() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/hook", {}, b"{}")
    assert (answer.status, answer.is_success, answer.retry_after) == (307, False, 120.0)
    assert paths == ["/hook"]


async def test_an_endless_answer_is_cut(ports: Iterator[int]) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 8_192)
        except ConnectionError:
            return response

    port = next(ports)
    async with _serving(port, handler), _client() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert answer.is_success


async def test_an_endpoint_that_hangs_is_given_up(ports: Iterator[int]) -> None:
    async def handler(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    port = next(ports)
    async with _serving(port, handler), _client(seconds=0.2) as client:
        with pytest.raises(CallFailedError, match=r"within 0\.2 seconds"):
            await client.post(f"http://127.0.0.1:{port}/", {}, b"{}")


async def test_an_endpoint_that_cannot_be_reached_is_a_failure() -> None:
    async with _client() as client:
        with pytest.raises(CallFailedError):
            await client.post("http://127.0.0.1:9/", {}, b"{}")
