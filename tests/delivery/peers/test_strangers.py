"""Strangers and misbehaving peers, at either end of a link."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.peers import dial, peer_server
from delivery.peers.credentials import Credentials
from delivery.peers.dial import _peer_url
from delivery.peers.frames import encode
from delivery.peers.messages import BeatMessage, InboxEventMessage, RefusedMessage, SubscribeMessage
from delivery.peers.peer_tls import PeerTls
from delivery.peers.reader import LinkEndedError
from runtime.tls_files import TlsFiles
from tests.delivery.peers.pair import (
    SECRET,
    EdgeSide,
    OwnerSide,
    closing,
    dialled,
    soon,
    until,
    url_of,
)


@pytest.mark.usefixtures("quick")
async def test_a_dialler_without_the_secret_is_refused(owner: OwnerSide) -> None:
    stranger = EdgeSide(owner.address, secret=b"another")
    stranger.join("s1", "ana")
    async with stranger.linked():
        async with connect(url_of(owner), proxy=None) as socket:
            await socket.recv()
            await socket.send(orjson.dumps({"token": "a shopper's"}).decode())
            assert await closing(socket) == 4401
        async with connect(url_of(owner), proxy=None) as socket:
            await socket.send(encode(SubscribeMessage(1, [Subscription("s1", "ana")])))
            assert await closing(socket) == 4401
    assert not stranger.link.is_up
    assert not owner.connections()
    assert not owner.sessions


async def test_a_dialler_that_sends_nothing_is_refused_after_a_while(
    owner: OwnerSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_server, "_HANDSHAKE_SECONDS", 0.05)
    async with connect(url_of(owner), proxy=None) as socket:
        assert await closing(socket) == 4401


async def test_a_second_link_of_the_same_process_replaces_the_first(owner: OwnerSide) -> None:
    subscribe = encode(SubscribeMessage(1, [Subscription("s1", "ana")]))
    async with dialled(owner) as first:
        await first.send(subscribe)
        await until(owner.connections)
        async with dialled(owner) as second:
            assert await closing(first) == 4409
            await until(lambda: len(owner.sessions) == 1)
            assert not owner.connections()
            await second.send(subscribe)
            await until(owner.connections)


async def test_links_of_different_processes_live_side_by_side(owner: OwnerSide) -> None:
    async with dialled(owner, "one process") as first, dialled(owner, "another") as second:
        for socket in (first, second):
            await socket.send(encode(SubscribeMessage(1, [Subscription("s1", "ana")])))
        await until(lambda: len(owner.connections()) == 2)


@pytest.mark.parametrize("frame", [b"\0", b"\0\0\0\2\0\0\0\0{}", "text"])
async def test_a_malformed_frame_ends_the_link_and_its_subscriptions(
    owner: OwnerSide, frame: bytes | str
) -> None:
    async with dialled(owner) as socket:
        await socket.send(encode(SubscribeMessage(1, [Subscription("s1", "ana")])))
        await until(owner.connections)
        await socket.send(frame)
        assert await closing(socket) == 1002
    assert not owner.connections()
    assert not owner.sessions


async def test_an_owner_ignores_messages_that_only_an_owner_sends(owner: OwnerSide) -> None:
    async with dialled(owner) as socket:
        await socket.send(encode(RefusedMessage(["s1"], Ownership(9, ()))))
        await socket.send(encode(SubscribeMessage(1, [Subscription("s1", "ana")])))
        await until(owner.connections)
    assert owner.subscribers.ownership.generation == 1


@asynccontextmanager
async def _bad_owner(port: int, frame: bytes | str) -> AsyncIterator[asyncio.Queue[str]]:
    """Run an owner that sends `frame` after the handshake. Yield the instances that dialled it."""
    links: asyncio.Queue[str] = asyncio.Queue(1_000)
    credentials = Credentials(f"http://127.0.0.1:{port}", "a bad owner", [SECRET])

    async def accepts(socket: ServerConnection) -> None:
        peer = await credentials.accept(socket.send, socket.recv)
        links.put_nowait(peer.instance)
        await socket.send(frame)
        await socket.wait_closed()

    async with serve(accepts, "127.0.0.1", port):
        yield links


@pytest.mark.parametrize(
    "frame", [b"\0", b"\0\0\0\2\0\0\0\0{}", encode(InboxEventMessage("ana", b"x" * 9_000_000))]
)
@pytest.mark.usefixtures("quick")
async def test_an_owner_that_sends_a_malformed_frame_is_dialled_again(
    frame: bytes, ports: Iterator[int]
) -> None:
    port = next(ports)
    edge = EdgeSide(f"http://127.0.0.1:{port}")
    async with _bad_owner(port, frame) as links, edge.linked() as running:
        for _ in range(3):
            assert await soon(links) == "the edge"
        assert not running.done()
    assert not edge.outgoing.inbox_events


@pytest.mark.usefixtures("quick")
async def test_an_edge_ignores_messages_that_only_an_edge_sends(ports: Iterator[int]) -> None:
    port = next(ports)
    edge = EdgeSide(f"http://127.0.0.1:{port}")
    frame = encode(SubscribeMessage(1, [Subscription("s1", "ana")])) + encode(
        BeatMessage(1, edge.link._digest)
    )
    async with _bad_owner(port, frame) as links, edge.linked():
        await soon(links)
        await until(lambda: edge.link.is_up)
    assert edge.link._digest.size == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://:1",
        "http://[::1",
        "http://h:99999",
        "http://h:port",
        f"http://{'a' * 100}",
        "http://127.0.0.1:1",
    ],
)
@pytest.mark.usefixtures("quick")
async def test_an_address_that_cannot_be_dialled_does_not_end_the_task_of_its_link(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    edge = EdgeSide(address)
    async with edge.linked() as running:
        await until(lambda: caplog.records or running.done())
        assert not running.done()
        assert not edge.link.is_up


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no HTTP\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
    ],
)
@pytest.mark.usefixtures("quick")
async def test_an_instance_that_opens_no_websocket_is_dialled_again(
    answer: bytes, ports: Iterator[int], caplog: pytest.LogCaptureFixture
) -> None:
    port = next(ports)
    dials = asyncio.Queue[bytes](1_000)

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dials.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    edge = EdgeSide(f"http://127.0.0.1:{port}")
    async with await asyncio.start_server(answers, "127.0.0.1", port), edge.linked() as running:
        for _ in range(3):
            assert (await soon(dials)).startswith(b"GET /peer HTTP/1.1")
        assert not running.done()
        assert not edge.link.is_up
    assert {record.message for record in caplog.records} == {"peer link down"}


async def test_a_dial_that_is_given_up_leaves_no_connection_open(ports: Iterator[int]) -> None:
    port = next(ports)
    has_asked, has_closed = asyncio.Event(), asyncio.Event()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        has_asked.set()
        await reader.read()
        has_closed.set()
        writer.close()

    edge = EdgeSide(f"http://127.0.0.1:{port}")
    async with (
        await asyncio.start_server(never_answers, "127.0.0.1", port),
        asyncio.timeout(10),
    ):
        async with edge.linked():
            await has_asked.wait()
        await has_closed.wait()


@pytest.mark.parametrize("path", ["", "/", "/behind/a/proxy/"])
def test_peers_are_dialled_below_the_advertised_path(path: str) -> None:
    assert _peer_url(f"https://host:1{path}") == f"wss://host:1{path.rstrip('/')}/peer"


async def test_a_dialled_stranger_that_floods_the_handshake_is_cut(ports: Iterator[int]) -> None:
    async def flood(socket: ServerConnection) -> None:
        socket.transport.write(b"\x81\x01x" * 1_000)
        await socket.wait_closed()

    port = next(ports)
    received: list[bytes] = []
    async with serve(flood, "127.0.0.1", port):
        with pytest.raises(LinkEndedError):
            await _receive_all(f"http://127.0.0.1:{port}", received)
    assert len(received) < 500


async def _receive_all(address: str, received: list[bytes]) -> None:
    async with dial.dialled(address, 5, PeerTls(TlsFiles())) as connection:
        while len(received) < 1_000:
            received.append(await connection.receive())
