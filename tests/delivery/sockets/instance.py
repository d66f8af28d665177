"""One instance's sockets behind a real server. The test plays the owner and the clients."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace as Namespace
from typing import cast
from unittest.mock import MagicMock

import httpx
import socketio

from delivery.core.ownership import Ownership
from delivery.delivered.writer import DeliveredWriter
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from delivery.sockets.edge_subscriptions import EdgeSubscriptions
from delivery.sockets.parts import SocketParts
from delivery.sockets.readiness_gate import ReadinessGate
from delivery.sockets.sessions import Sessions
from producer_api.contract.revocations import Revocations
from producer_api.contract.settings import SharedSettings
from producer_api.contract.token_verifier import TokenVerifier
from tests.delivery.sockets.rig import A, Ack, FakeLink, FakeLinks, event_of
from tests.delivery.sockets.served import RawClient, serving, until
from tests.services.tokens import SECRET, shopper_token

WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
MAX_CONNECTIONS = 5
POLLING = "/socket.io/?EIO=4&transport=polling"


class KnownRevocations(Revocations):
    """Knows that no sessions are ended, until a test calls `learn`."""

    def __init__(self) -> None:
        super().__init__(MagicMock(), 3600)
        self._newest = datetime.now(UTC)


class Instance:
    """The parts that delivery/app.py wires for sockets, without an owner."""

    def __init__(self, port: int, max_polling: int, packets_per_second: float) -> None:
        self.port = port
        self.parts = SocketParts.wired(["*"], max_polling, packets_per_second)
        settings = SharedSettings.model_validate({"auth_jwt_secret": SECRET})
        self.map, self.links = EdgeMap(), FakeLinks([])
        self.pushes = EdgePushes(self.parts.outgoing, self.parts.clients)
        writer = cast(DeliveredWriter, Namespace(add=lambda *_: None))
        subscriptions = EdgeSubscriptions(self.map, self.links, self.pushes, writer)
        self.verifier = TokenVerifier(settings)
        self.revocations = KnownRevocations()
        self.sessions = Sessions(
            self.parts, self.verifier, self.revocations, self.map, subscriptions, MAX_CONNECTIONS
        )
        self.map.adopt(Ownership(1, (A,)))

    @property
    def link(self) -> FakeLink:
        """The link to the owner, which knows the sockets that are subscribed."""
        return self.links.to(A)

    def push(self, socket: str, *ids: str) -> Ack:
        """Push as the owner. The result counts the acks."""
        ack = Ack()
        self.pushes.push(socket, event_of(*ids), ack.count, again=False)
        return ack

    def is_empty(self) -> bool:
        """Return whether nothing is left of any session."""
        server, table = self.parts.server, self.parts.connections
        return not (
            server.eio.sockets
            or server.environ
            or table.rooms
            or table.pending_connect
            or table.pending_disconnect
            or table._rooms_of
            or table._when_connected
            or self.parts.clients._clients
            or self.parts.polling._clients
            or self.sessions._sessions
            or self.link.subscribed
        )

    @asynccontextmanager
    async def shopper(self, user: str = "ana") -> AsyncIterator["Shopper"]:
        """Connect a client over a WebSocket, up to its Socket.IO connection."""
        async with RawClient.opened(self.port, WEBSOCKET) as client:
            assert (await client.text()).startswith('0{"sid":')
            shopper = Shopper(client)
            await shopper.enter(user)
            yield shopper

    def http(self) -> httpx.AsyncClient:
        """Return an HTTP client for polling."""
        url = f"http://127.0.0.1:{self.port}"
        return httpx.AsyncClient(base_url=url, trust_env=False, timeout=10)


@asynccontextmanager
async def running(
    port: int, max_polling: int = 3, packets_per_second: float = 100
) -> AsyncIterator[Instance]:
    """Run an instance. No session may be left in it when all clients have gone."""
    instance = Instance(port, max_polling, packets_per_second)
    parts = instance.parts
    app = ReadinessGate(
        socketio.ASGIApp(parts.server),
        instance.sessions.is_open,
        parts.polling,
        parts.arrivals,
        ["*"],
    )
    work = [parts.arrivals.run, parts.outgoing.run, parts.departures.run, parts.polling.run]
    tasks = [asyncio.create_task(run()) for run in work]
    async with serving(app, port):
        yield instance
        await until(instance.is_empty)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)


class Shopper:
    """A client with a Socket.IO connection."""

    def __init__(self, raw: RawClient) -> None:
        self.raw = raw
        self.socket = ""

    async def enter(self, user: str) -> None:
        """Ask for a Socket.IO connection, and wait for it."""
        self.raw.send(connect_packet(user))
        answer = await self.raw.text()
        assert answer.startswith('40{"sid":')
        self.socket = json.loads(answer[2:])["sid"]


def connect_packet(user: str) -> str:
    """Return the packet with which a client asks for a Socket.IO connection."""
    return "40" + json.dumps({"token": shopper_token(user)})


def ids_of(packet: str) -> list[str]:
    """Return the ids in a `notifications` packet."""
    name, items = json.loads(packet[packet.index("[") :])
    assert name == "notifications"
    return [item["id"] for item in items]
