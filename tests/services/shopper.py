"""A shopper's client: a real Socket.IO client that notes what it received and acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import socketio

from tests.services.tokens import shopper_token

_TIMEOUT_SECONDS = 20


class Shopper:
    """One connection of one user. While `acking` is false, it holds what it gets unacknowledged.

    `received` has the id of each notification pushed, repeats included, in the order of arrival;
    `events` the sizes of the events they came in; `acked` the ids whose ack was sent.
    """

    def __init__(self, user: str, url: str, *, acking: bool = True) -> None:
        self.user = user
        self.url = url
        self.received: list[str] = []
        self.items: list[dict[str, Any]] = []
        self.events: list[int] = []
        self.acked: list[str] = []
        self.refusal = ""
        self._may_ack = asyncio.Event()
        if acking:
            self._may_ack.set()
        self._changed = asyncio.Condition()
        self._client = socketio.AsyncClient(reconnection=False)
        self._client.on("notifications", self._notified)
        self._client.on("connect_error", self._was_refused)

    @property
    def connected(self) -> bool:
        """Whether the server regards it as connected."""
        return bool(self._client.connected) and "/" in self._client.namespaces

    async def connect(self, token: str | None = None) -> None:
        """Connect; raises `socketio.exceptions.ConnectionError`, and `refusal` has the reason."""
        await self._client.connect(
            self.url,
            auth={"token": shopper_token(self.user) if token is None else token},
            transports=["websocket"],
        )

    async def disconnect(self) -> None:
        """Leave, as a closed tab does."""
        await self._client.disconnect()

    async def renew(self, token: str) -> dict[str, Any]:
        """Present a fresh token on the open connection; the server's answer."""
        answer: dict[str, Any] = await self._client.call("auth", {"token": token})
        return answer

    def start_acking(self) -> None:
        """Acknowledge what is held back, and what comes from now on."""
        self._may_ack.set()

    def stop_acking(self) -> None:
        """Hold back the acknowledgements of what comes from now on."""
        self._may_ack.clear()

    async def has(self, count: int) -> None:
        """Wait until that many notifications have come, repeats included."""
        await self.until(lambda: len(self.received) >= count)

    async def gone(self) -> None:
        """Wait until the server has ended the connection."""
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            await self._client.wait()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the condition on what has come holds."""
        async with asyncio.timeout(_TIMEOUT_SECONDS), self._changed:
            await self._changed.wait_for(holds)

    def _was_refused(self, reason: object) -> None:
        self.refusal = reason["message"] if isinstance(reason, dict) else str(reason)

    async def _notified(self, items: list[dict[str, Any]]) -> None:
        self.items += items
        self.received += [item["id"] for item in items]
        self.events.append(len(items))
        async with self._changed:
            self._changed.notify_all()
        await self._may_ack.wait()
        self.acked += [item["id"] for item in items]
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def connected(*shoppers: Shopper) -> AsyncIterator[None]:
    """Connect these; whatever happens, they leave at the end."""
    try:
        for shopper in shoppers:
            await shopper.connect()
        yield
    finally:
        for shopper in shoppers:
            await shopper.disconnect()
