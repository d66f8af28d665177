"""The UI server as it runs in a test, and instances as its proxy sees them."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from deploy.local.addresses import write_addresses
from deploy.local.ports import HOST

Handler = Callable[[ServerConnection], Awaitable[None]]
MIB = 1024 * 1024
LARGEST = 4 * MIB


async def echo(client: ServerConnection) -> None:
    """Say what the client says."""
    async for message in client:
        await client.send(message)


async def say_own_port(client: ServerConnection) -> None:
    """Say which instance this is."""
    await client.send(str(client.local_address[1]))
    await client.wait_closed()


@asynccontextmanager
async def instance_of(handler: Handler, refusal: HTTPStatus | None = None) -> AsyncIterator[Server]:
    """A delivery instance as the proxy sees it, that answers each handshake with this refusal."""

    def answer(connection: ServerConnection, _: Request) -> Response | None:
        return connection.respond(refusal, "") if refusal else None

    async with serve(
        handler,
        HOST,
        0,
        process_request=answer,
        compression=None,
        ping_interval=None,
        close_timeout=0.5,
        max_size=LARGEST,
    ) as server:
        yield server


def url_of(instance: Server | socket.socket) -> str:
    """Where it is reached."""
    listener = instance if isinstance(instance, socket.socket) else next(iter(instance.sockets))
    return f"http://{HOST}:{listener.getsockname()[1]}"


class Front:
    """The UI server, and what its launcher would write."""

    def __init__(self, data: Path, port: int) -> None:
        self._data = data
        self._url = f"ws://{HOST}:{port}/socket.io/?EIO=4&transport=websocket"

    def has(self, *instances: Server | socket.socket) -> None:
        """These instances are running."""
        write_addresses(self._data, [url_of(instance) for instance in instances])

    def connect(self, headers: dict[str, str] | None = None) -> connect:
        """A client's connection, to be entered."""
        return connect(
            self._url,
            additional_headers=headers,
            user_agent_header=None,
            compression=None,
            proxy=None,
            max_size=LARGEST,
        )

    @asynccontextmanager
    async def before(self, handler: Handler) -> AsyncIterator[ClientConnection]:
        """A client, before one instance with this handler."""
        async with instance_of(handler) as instance:
            self.has(instance)
            async with self.connect() as client:
                yield client
