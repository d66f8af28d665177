"""An owner behind a real web server, and an edge that dials it, over loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from types import SimpleNamespace as Namespace
from typing import TypeVar, cast

import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from delivery.core.ownership import Ownership
from delivery.core.record import OwedNotification
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.peers.credentials import Credentials
from delivery.peers.dial import PATH
from delivery.peers.peer_link import PeerLink
from delivery.peers.peer_server import PeerServer
from delivery.peers.peer_session import PeerSession
from delivery.peers.peer_watch import PeerWatch
from delivery.push.catch_up import CatchUp, PageHandler
from delivery.push.deadlines import Deadlines
from delivery.push.parts import PushParts
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import Delivered
from delivery.receipts.queue import Receipts
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from delivery.sockets.edge_subscriptions import EdgeSubscriptions, Links
from delivery.sockets.outgoing import Outgoing
from delivery.sockets.server import _LARGEST_CLIENT_MESSAGE_BYTES
from delivery.sockets.wire_protocol import WireProtocol
from tests.delivery.sockets.recorded_clients import RecordedClients

SECRET = b"the secret of all instances"
EDGE_ADDRESS = "http://edge:1"
_PATIENCE_SECONDS = 10
_POLL_SECONDS = 0.005

T = TypeVar("T")


async def until(holds: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(_POLL_SECONDS)


async def soon(queue: asyncio.Queue[T]) -> T:
    """Return the next item of the queue, within ten seconds."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return await queue.get()


class OwnerSide:
    """An instance that owns the only partition. The test answers its inbox queries."""

    def __init__(self, port: int, address: str = "") -> None:
        self.address = address or f"http://127.0.0.1:{port}"
        self._port = port
        self.questions: asyncio.Queue[tuple[str, PageHandler]] = asyncio.Queue(1_000)
        self.written: asyncio.Queue[list[str]] = asyncio.Queue(1_000)
        self.subscribers = Subscribers()
        self.routes = Routes()
        self.push = PushParts.wired(
            Rules(ack_timeout_seconds=10, ack_attempts=3),
            self.subscribers,
            self.routes,
            cast(DeliveredWriter, Namespace(add=self._write)),
            Receipts(),
            cast(CatchUp, Namespace(ask=lambda *args: self.questions.put_nowait(args))),
            cast(Deadlines, Namespace(add=lambda *_: None)),
        )
        self.owner = self.push.owner
        self.adopt(1)
        self.owner.assign(0, Tracker(0, 1))
        self.owner.serve()
        credentials = Credentials(self.address, "the owner", [SECRET])
        self.watch = PeerWatch(self.address, is_on=False)
        self.peers = PeerServer(credentials, self.owner, self.subscribers, self.routes, self.watch)

    def _write(self, delivered: Delivered, _then: Callable[[], None]) -> None:
        self.written.put_nowait(delivered.ids)

    def adopt(self, generation: int) -> None:
        """Adopt a map in which this instance owns the partition."""
        self.subscribers.adopt(Ownership(generation, (self.address,)), (0,))

    def connections(self, user: str = "ana") -> set[str]:
        """Return the names by which the owner knows the user's connections."""
        return set(self.subscribers.connections_of(0, user))

    @property
    def sessions(self) -> list[PeerSession]:
        """Return the sessions of the links that are up."""
        return cast(list[PeerSession], list(self.routes._targets.values()))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Run the web server, as delivery/app.py does."""
        server = _Web(
            uvicorn.Config(
                Starlette(routes=[self.peers.route]),
                port=self._port,
                ws=WireProtocol,
                ws_per_message_deflate=False,
                ws_max_size=_LARGEST_CLIENT_MESSAGE_BYTES,
                lifespan="off",
                log_config=None,
                timeout_graceful_shutdown=1,
            )
        )
        running = asyncio.create_task(server.serve())
        await until(lambda: server.started or running.done())
        try:
            yield
        finally:
            server.should_exit = True
            await running


class _Web(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Recorder:
    """Stands in for `Outgoing`, and records what the edge sends."""

    def __init__(self) -> None:
        self.pushed: asyncio.Queue[tuple[str, list[str], Callable[[], None]]] = asyncio.Queue(1_000)
        self.disconnected: list[str] = []
        self.faults: list[str] = []
        self.inbox_events: list[tuple[str, bytes]] = []

    def push(self, socket: str, ids: list[str], acked: Callable[[], None]) -> None:
        self.pushed.put_nowait((socket, ids, acked))

    def disconnect(self, socket: str, fault: str) -> None:
        self.disconnected.append(socket)
        self.faults.append(fault)

    def emit_inbox(self, user: str, payload: bytes) -> None:
        self.inbox_events.append((user, payload))


class EdgeSide:
    """An instance with sockets, and one link to the owner at `address`."""

    def __init__(self, address: str, secret: bytes = SECRET) -> None:
        self.outgoing = _Recorder()
        self.clients = RecordedClients(self.outgoing.push)
        self.map, pushes = EdgeMap(), EdgePushes(cast(Outgoing, self.outgoing), self.clients)
        credentials = Credentials(EDGE_ADDRESS, "the edge", [secret])
        self.watch = PeerWatch(EDGE_ADDRESS, is_on=False)
        self.link = PeerLink(address, credentials, pushes, self.map, self.watch)
        links = cast(Links, Namespace(to=lambda _: self.link, only=lambda _: None))
        self.written: list[str] = []
        writer = cast(DeliveredWriter, Namespace(add=self._write))
        self.edge = EdgeSubscriptions(self.map, links, pushes, writer)
        self.map.adopt(Ownership(1, (address,)))

    def _write(self, delivered: Delivered, then: Callable[[], None]) -> None:
        self.written += delivered.ids
        then()

    def join(self, socket: str, user: str, close: Callable[[], None] = lambda: None) -> None:
        """Connect a client."""
        self.edge.joined(socket, user, close)

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[asyncio.Task[None]]:
        """Keep the link up inside the `with` block."""
        task = asyncio.create_task(self.link.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait((task,))


def entry(notification_id: str, user: str = "ana") -> OwedNotification:
    """Return a notification that the inbox owes."""
    value = f'{{"id":"{notification_id}","user_id":"{user}","title":"año"}}'
    return OwedNotification(notification_id, value.encode(), None)


@asynccontextmanager
async def dialled(owner: OwnerSide, instance: str = "the edge") -> AsyncIterator[ClientConnection]:
    """Dial the owner as a peer that the test controls, and do the handshake."""
    async with connect(url_of(owner), proxy=None) as socket:
        credentials = Credentials("http://edge:1", instance, [SECRET])
        await credentials.dial(owner.address, socket.send, socket.recv)
        yield socket


def url_of(owner: OwnerSide) -> str:
    """Return the URL at which peers dial the owner."""
    return owner.address.replace("http", "ws") + PATH


async def closing(socket: ClientConnection) -> int | None:
    """Return the code with which the other side closes. Ignore earlier messages."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code
