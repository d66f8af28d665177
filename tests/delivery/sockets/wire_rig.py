"""One WebSocket of a real server, which records its messages, and a raw client at the other end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from delivery.sockets.wire import Wire
from delivery.sockets.wire_protocol import EXTENSION
from tests.delivery.sockets.served import RawClient, serving, until


class Recorded:
    """The receiver of the WebSocket."""

    wire: Wire

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bool]] = []
        """Each message, and whether it is text."""
        self.codes: list[int] = []
        self.ended = asyncio.Event()
        self.error: Exception | None = None
        """Raised when the next message arrives."""

    def received(self, message: bytes, *, is_text: bool) -> None:
        self.messages.append((message, is_text))
        if self.error is not None:
            raise self.error

    def closed(self, code: int) -> None:
        self.codes.append(code)
        self.ended.set()


@asynccontextmanager
async def wired(port: int) -> AsyncIterator[tuple[RawClient, Recorded]]:
    """Open a WebSocket whose server side the test controls."""
    recorded = Recorded()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        recorded.wire = scope["extensions"][EXTENSION].take(recorded)
        await recorded.ended.wait()

    async with serving(app, port), RawClient.opened(port) as client:
        await until(lambda: hasattr(recorded, "wire"))
        yield client, recorded


def fill(recorded: Recorded, size: int = 8_000, most: int = 2_000) -> int:
    """Send messages until the client's TCP buffers and the transport's are full. Return how many.

    The client must not read during this call. It cannot, because nothing is awaited here.
    """
    for number in range(most):
        recorded.wire.send(b"x" * size)
        if recorded.wire._stall_timer is not None:
            return number + 1
    raise AssertionError("the buffers never filled up")
