"""HAProxy under test, and stand-ins for delivery instances."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from deploy.local.haproxy import Haproxy
from deploy.local.ports import HOST

Handler = Callable[[ServerConnection], Awaitable[None]]
IMAGE_HOSTS = "https://img.shop.example https://*.cdn.example"
LARGEST_BYTES = 4 * 1024 * 1024


async def echo(client: ServerConnection) -> None:
    """Send each message back."""
    async for message in client:
        await client.send(message)


async def send_own_port(client: ServerConnection) -> None:
    """Send the port of this instance, then echo."""
    await client.send(str(client.local_address[1]))
    await echo(client)


@asynccontextmanager
async def instance_of(handler: Handler, refusal: HTTPStatus | None = None) -> AsyncIterator[Server]:
    """Run a stand-in for a live instance.

    With `refusal`, it answers each handshake with this status.
    """

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/healthz":
            return connection.respond(HTTPStatus.OK, "")
        return connection.respond(refusal, "") if refusal else None

    async with serve(
        handler,
        HOST,
        0,
        process_request=answer,
        ping_interval=None,
        close_timeout=0.5,
        max_size=LARGEST_BYTES,
    ) as server:
        yield server


def port_of(instance: Server | socket.socket) -> int:
    """Return the port that this instance listens on."""
    listener = instance if isinstance(instance, socket.socket) else next(iter(instance.sockets))
    return int(listener.getsockname()[1])


class Front:
    """HAProxy on its own ports, and its clients."""

    def __init__(self, ui_port: int, shop_port: int, **settings: str) -> None:
        self.lines: list[str] = []
        self.ui_port = ui_port
        self.shop_port = shop_port
        env = {"UI_PORT": ui_port, "DEMO_SHOP_PORT": shop_port, "PRODUCER_API_PORT": 21_000}
        ports = {name: str(port) for name, port in env.items()}
        self.haproxy = Haproxy(ports | settings, self.lines.append)

    async def add(self, *instances: Server | socket.socket) -> None:
        """Add these servers as delivery-1, delivery-2 and so on."""
        for number, instance in enumerate(instances, 1):
            await self.haproxy.add(f"delivery-{number}", port_of(instance))

    def connect(self, headers: dict[str, str] | None = None) -> connect:
        """Return a client's connection as a context manager. The client offers compression."""
        return connect(
            f"ws://{HOST}:{self.ui_port}/socket.io/?EIO=4&transport=websocket",
            additional_headers=headers,
            user_agent_header=None,
            proxy=None,
            max_size=LARGEST_BYTES,
        )

    @asynccontextmanager
    async def before(self, handler: Handler) -> AsyncIterator[ClientConnection]:
        """Connect a client to the only instance, which has this handler."""
        async with instance_of(handler) as instance:
            await self.add(instance)
            async with self.connect() as client:
                yield client
