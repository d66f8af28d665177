"""Several links of one process at the same time. Only the newest may stay open."""

import asyncio
from types import SimpleNamespace as Namespace
from typing import cast

import pytest
from starlette.websockets import WebSocket

from delivery.peers import peer_server
from delivery.peers.credentials import Credentials
from delivery.peers.peer_server import PeerServer
from delivery.peers.peer_watch import PeerWatch
from delivery.push.owner import Owner
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.sockets.wire_protocol import EXTENSION
from tests.delivery.peers.pair import EDGE_ADDRESS, SECRET, until

_ADDRESS = "http://owner:1"


class _Wire:
    is_writable = True
    has_ended = False

    def pause_reading(self) -> None:
        """Do nothing, because nothing is read."""

    resume_reading = pause_reading

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, message: bytes, *, is_text: bool = True) -> None:
        """Record what the owner sends."""
        assert not is_text
        self.sent.append(message)


class _Socket:
    """A link without messages after the handshake. The test decides when `close` returns."""

    def __init__(self) -> None:
        self._to_owner: asyncio.Queue[str] = asyncio.Queue(10)
        self._to_edge: asyncio.Queue[str] = asyncio.Queue(10)
        self.send_text = self._to_edge.put
        self.receive_text = self._to_owner.get
        self.may_close = asyncio.Event()
        self.code: int | None = None
        self.wire = _Wire()
        self.scope = {"extensions": {EXTENSION: Namespace(take=lambda _: self.wire)}}

    async def accept(self) -> None:
        credentials = Credentials(EDGE_ADDRESS, "one process", [SECRET])
        dialling = credentials.dial(_ADDRESS, self._to_owner.put, self._to_edge.get)
        self.dialled = asyncio.create_task(dialling)

    async def close(self, code: int, _reason: str) -> None:
        self.code = code
        await self.may_close.wait()


def _server(credentials: Credentials, routes: Routes) -> PeerServer:
    owner = cast(Owner, Namespace(unsubscribe=None))
    return PeerServer(credentials, owner, Subscribers(), routes, PeerWatch(_ADDRESS, is_on=False))


async def test_when_two_links_replace_one_that_is_ending_only_one_of_them_lives() -> None:
    routes = Routes()
    credentials = Credentials(_ADDRESS, "the owner", [SECRET])
    peers = _server(credentials, routes)
    sockets = [_Socket() for _ in range(3)]
    earlier, *others = sockets
    links = [asyncio.create_task(peers._accept(cast(WebSocket, earlier)))]
    await until(lambda: routes._targets)
    links += [asyncio.create_task(peers._accept(cast(WebSocket, socket))) for socket in others]
    for socket in others:
        socket.may_close.set()
    await until(lambda: earlier.code and all(socket.dialled.done() for socket in others))
    earlier.may_close.set()
    await until(lambda: sum(socket.code == 4409 for socket in others) == 1)
    await until(lambda: len(routes._targets) == 1)
    for link in links:
        link.cancel()
    await asyncio.wait(links)
    assert not routes._targets
    assert not peers._serving


async def test_a_link_that_waits_ends_no_newer_one_and_is_not_served_once_it_has_ended() -> None:
    routes = Routes()
    credentials = Credentials(_ADDRESS, "the owner", [SECRET])
    peers = _server(credentials, routes)
    first, second, third, fourth = sockets = [_Socket() for _ in range(4)]
    for socket in sockets[1:]:
        socket.may_close.set()
    links = [asyncio.create_task(peers._accept(cast(WebSocket, first)))]
    await until(lambda: routes._targets)
    links.append(asyncio.create_task(peers._accept(cast(WebSocket, second))))
    await until(lambda: first.code)
    links.append(asyncio.create_task(peers._accept(cast(WebSocket, third))))
    await until(lambda: hasattr(third, "dialled") and third.dialled.done())
    first.may_close.set()
    await until(lambda: second.code == 4409 and routes._targets)
    assert third.code is None, "the newest link is alive"
    third.may_close.clear()
    links.append(asyncio.create_task(peers._accept(cast(WebSocket, fourth))))
    await until(lambda: third.code)
    fourth.wire.has_ended = True
    third.may_close.set()
    await until(lambda: fourth.code == 4409)
    assert not routes._targets
    for link in links:
        link.cancel()
    await asyncio.wait(links)
    assert not peers._serving
    assert not peers._newest


async def test_a_link_that_waits_for_the_end_of_an_earlier_one_beats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_server, "BEAT_SECONDS", 0.01)
    routes = Routes()
    credentials = Credentials(_ADDRESS, "the owner", [SECRET])
    peers = _server(credentials, routes)
    earlier, later = _Socket(), _Socket()
    links = [asyncio.create_task(peers._accept(cast(WebSocket, earlier)))]
    await until(lambda: routes._targets)
    links.append(asyncio.create_task(peers._accept(cast(WebSocket, later))))
    await until(lambda: len(later.wire.sent) > 3)
    assert earlier.code, "the earlier link is ending"
    for socket in (earlier, later):
        socket.may_close.set()
    for link in links:
        link.cancel()
    await asyncio.wait(links)
