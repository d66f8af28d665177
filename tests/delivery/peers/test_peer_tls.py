"""A peer's certificate and key are loaded again when their files have changed and match."""

import asyncio
import logging
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from delivery.peers import peer_tls
from delivery.peers.dial import dialled
from delivery.peers.handshake import HandshakeError
from delivery.peers.peer_tls import PeerTls
from delivery.peers.reader import LinkEndedError
from runtime.tls_files import TlsFiles
from tests.cluster.certificates import Authority, Certificate
from tests.delivery.peers.pair import until

_HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_tls, "_CHECK_SECONDS", 0.01)


def _replace(file: Path, content: Path) -> None:
    """Replace the file atomically, as tools that renew certificates do."""
    shutil.copy(content, new := file.with_suffix(".new"))
    new.replace(file)


def _install(certificate: Certificate, folder: Path) -> TlsFiles:
    _replace(folder / "tls.crt", certificate.chain)
    _replace(folder / "tls.key", certificate.key)
    return TlsFiles(folder / "tls.crt", folder / "tls.key")


@asynccontextmanager
async def _serving(tls: PeerTls) -> AsyncIterator[int]:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    assert tls.server is not None
    async with await asyncio.start_server(serve, _HOST, 0, ssl=tls.server) as server:
        running = asyncio.create_task(tls.run())
        yield server.sockets[0].getsockname()[1]
        running.cancel()
        await asyncio.wait((running,))


async def _served(port: int) -> str:
    """Return the certificate that the server presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(_HOST, port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return ssl.DER_cert_to_PEM_cert(shown).strip()


async def test_a_renewed_certificate_is_used_without_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    authority = Authority(tmp_path / "authority")
    first, second = authority.issue("first"), authority.issue("second")
    tls = PeerTls(_install(first, tmp_path), serves=True)
    async with _serving(tls) as port:
        assert await _served(port) == first.chain.read_text().strip()
        _replace(tmp_path / "tls.crt", second.chain)  # its key is replaced later
        await until(lambda: "peer certificate not loaded" in caplog.messages)
        assert await _served(port) == first.chain.read_text().strip()
        _install(second, tmp_path)
        await until(lambda: "peer certificate loaded" in caplog.messages)
        assert await _served(port) == second.chain.read_text().strip()


async def test_a_certificate_that_is_renewed_while_the_instance_starts_is_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    authority = Authority(tmp_path / "authority")
    second = authority.issue("second")
    tls = PeerTls(_install(authority.issue("first"), tmp_path), serves=True)
    _install(second, tmp_path)  # the instance has loaded its files, but does not check them yet
    async with _serving(tls) as port:
        await until(lambda: "peer certificate loaded" in caplog.messages)
        assert await _served(port) == second.chain.read_text().strip()


async def test_the_name_in_the_certificate_must_be_the_expected_one(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    files = _install(authority.issue("peer"), tmp_path)
    async with _serving(PeerTls(files, serves=True)) as port:
        address = f"https://{_HOST}:{port}"
        for name in (None, "localhost"):  # the certificate names 127.0.0.1 and localhost
            with pytest.raises(LinkEndedError):  # TLS succeeds, but nobody serves a WebSocket
                await _dial(address, PeerTls(TlsFiles(cafile=authority.file), name=name))
        for tls in (PeerTls(TlsFiles(cafile=authority.file), name="other"), PeerTls(TlsFiles())):
            with pytest.raises(HandshakeError, match=r"VERIFY_FAILED.*DELIVERY_PEER_TLS"):
                await _dial(address, tls)


async def _dial(address: str, tls: PeerTls) -> None:
    async with dialled(address, 5, tls):
        pass
