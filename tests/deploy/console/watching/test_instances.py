"""Odd addresses and odd answers of the group's members do not stop the watch."""

import asyncio
import errno
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from deploy.console.core.members import Answer
from deploy.console.watching.instances import InstanceProbe

_MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:99999",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:x",
        "http://[::1",
        "http://xn--a:80",
    ],
)
async def test_an_instance_with_a_malformed_address_has_not_answered(url: str) -> None:
    probe = InstanceProbe(lambda: "token")
    assert (await probe.probe([url]))[url][0] is Answer.SILENT
    await probe.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_an_instance_whose_port_is_closed_takes_no_connections(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        url = f"http://{host}:{closing.getsockname()[1]}"
    probe = InstanceProbe(lambda: "token")
    assert (await probe.probe([url]))[url][0] is Answer.NONE
    await probe.close()


@pytest.mark.parametrize(
    "fault", [socket.gaierror("no such name"), OSError(errno.EHOSTUNREACH, "no route")]
)
async def test_an_instance_that_cannot_be_reached_from_here_does_not_count_as_dead(
    fault: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise fault

    loop = asyncio.get_running_loop()
    if isinstance(fault, socket.gaierror):
        monkeypatch.setattr(loop, "getaddrinfo", fails)
    else:
        monkeypatch.setattr(loop, "create_connection", fails)
    probe = InstanceProbe(lambda: "token")
    url = "http://delivery.example:8101"
    assert (await probe.probe([url]))[url] == (Answer.SILENT, "cannot be reached")
    await probe.close()


async def test_a_packed_status_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(64 * _MEGABYTE))
    async with _answering(b"Content-Encoding: gzip\r\n", bomb) as (url, requests):
        probe = InstanceProbe(lambda: "token")
        assert (await probe.probe([url]))[url] == (Answer.READY, "")
        assert probe.instances[url].status == {}
        await probe.close()
    assert all(b"accept-encoding: identity\r\n" in each.lower() for each in requests)


async def test_reading_stops_when_a_status_is_too_large() -> None:
    async with _answering(b"", bytes(5 * _MEGABYTE), is_endless=True) as (url, _):
        probe = InstanceProbe(lambda: "token")
        assert (await probe.probe([url]))[url] == (Answer.READY, "")
        assert probe.instances[url].status == {}
        await probe.close()


@asynccontextmanager
async def _answering(
    header: bytes, body: bytes, *, is_endless: bool = False
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Run a server with this answer. Yields its address and the requests.

    An endless answer promises more than the body, and never sends the rest.
    """
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        length = b"Content-Length: %d\r\n" % (len(body) + is_endless)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + length + header + b"\r\n")
        writer.write(body)
        with suppress(ConnectionError):  # the caller closes when it has read enough
            await writer.drain()
            if is_endless:
                await reader.read()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


async def test_nothing_is_kept_of_an_instance_that_has_died_and_left() -> None:
    probe = InstanceProbe(lambda: "token")
    async with _answering(b"", b"{}") as (url, _):
        await probe.probe([url])
        assert url in probe._rates
    await probe.probe([url])
    await probe.probe([])
    assert (probe.instances, probe._rates) == ({}, {})
    await probe.close()
