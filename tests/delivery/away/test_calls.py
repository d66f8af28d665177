"""Calls to endpoints: checked addresses, bounded time, no redirects."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpcore
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from delivery.away.calls.endpoint_client import CallFailedError, EndpointClient
from delivery.away.calls.guarded_network import RefusedAddressError

_LOOPBACK = [ip_network("127.0.0.0/8")]

Handler = Callable[[web.Request], Any]


@asynccontextmanager
async def _serving(
    port: int, handler: Handler, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _client(allowed: Any = _LOOPBACK, seconds: float = 5.0) -> AsyncIterator[EndpointClient]:
    client = EndpointClient(allowed, 4, seconds)
    try:
        yield client
    finally:
        await client.close()


def _certificate(folder: Path, name: str) -> ssl.SSLContext:
    """Return the TLS context of a server with this name. Write its certificate to the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context


def _resolving_to(*answers: list[str]) -> Callable[..., Any]:
    """Return a resolver that answers each look-up with the next list of addresses."""
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
    # A second look-up would get another answer, as in a DNS rebinding attack.
    resolver = _resolving_to(["10.0.0.1", "127.0.0.1"], ["10.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    async with _serving(port, handler), _client() as client:
        answer = await client.post(f"http://rebind.example:{port}/", {}, b"{}")
    assert answer.is_success
    assert hosts == [f"rebind.example:{port}"]


async def test_https_is_verified_by_the_name_and_not_by_the_address(
    ports: Iterator[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=204)

    port, tls = next(ports), _certificate(tmp_path, "hook.example")
    monkeypatch.setattr(socket, "getaddrinfo", _resolving_to(*[["127.0.0.1"]] * 3))
    url = f"https://hook.example:{port}/"
    async with _serving(port, handler, tls):
        async with _client() as client:
            with pytest.raises(CallFailedError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.post(url, {}, b"{}")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        async with _client() as client:
            assert (await client.post(url, {}, b"{}")).is_success
            with pytest.raises(CallFailedError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.post(f"https://other.example:{port}/", {}, b"{}")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
async def test_a_name_that_resolves_to_a_private_address_is_refused(
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


async def test_an_address_that_never_answers_leaves_time_for_the_next(
    ports: Iterator[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = httpcore.AnyIOBackend.connect_tcp

    async def connect_tcp(
        backend: httpcore.AnyIOBackend, host: str, port: int, timeout: float, *more: Any
    ) -> httpcore.AsyncNetworkStream:
        if host == "127.0.0.2":
            await asyncio.sleep(timeout)
            raise httpcore.ConnectTimeout
        return await connect(backend, host, port, timeout, *more)

    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    monkeypatch.setattr(socket, "getaddrinfo", _resolving_to(["127.0.0.2", "127.0.0.1"]))
    async with _serving(port := next(ports), handler), _client(seconds=2.0) as client:
        assert (await client.post(f"http://hook.example:{port}/", {}, b"{}")).is_success
