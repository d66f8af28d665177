"""A shopper's client: a real Socket.IO client that notes what it received and acknowledged."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import socketio

from tests.auditor.logs import ClientEvent, ClientLog
from tests.services.tokens import shopper_token
from tests.services.waiting import PATIENCE_SECONDS

_numbers = count(1)


class Shopper:
    """One connection of one user. While `acking` is false, it holds what it gets unacknowledged.

    `received` has the id of each notification pushed, repeats included, in the order of arrival;
    `events` the sizes of the events they came in; `acked` the ids whose ack was sent; `told` the
    `inbox` events.

    With `log`, it writes all this down for the auditor, in a file that others may share. `client`
    is its name there: who gives a second shopper the name of a first means the same device, which
    still has what the first received.
    """

    def __init__(
        self,
        user: str,
        url: str,
        *,
        acking: bool = True,
        log: Path | None = None,
        client: str | None = None,
    ) -> None:
        self.user = user
        self.client = f"{user}-{os.getpid()}-{next(_numbers)}" if client is None else client
        self.url = url
        self.received: list[str] = []
        self.items: list[dict[str, Any]] = []
        self.events: list[int] = []
        self.acked: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.refusal = ""
        self._may_ack = asyncio.Event()
        if acking:
            self._may_ack.set()
        self._changed = asyncio.Condition()
        self._ended = asyncio.Event()
        self._log = None if log is None else ClientLog(log, self.client, user)
        self._connections = 0
        self._client = self._made()

    @property
    def connected(self) -> bool:
        """Whether the server regards it as connected."""
        return bool(self._client.connected) and "/" in self._client.namespaces

    @property
    def is_acking(self) -> bool:
        """Whether it acknowledges what comes."""
        return self._may_ack.is_set()

    async def connect(self, token: str | None = None) -> None:
        """Connect; raises `socketio.exceptions.ConnectionError`, and `refusal` has the reason."""
        if self._connections:
            # A held acknowledgement of the last connection must not be sent on this one.
            self._client = self._made()
        await self._client.connect(
            self.url,
            auth={"token": shopper_token(self.user) if token is None else token},
            transports=["websocket"],
        )

    async def disconnect(self) -> None:
        """Leave, as a closed tab does."""
        await self._client.disconnect()

    async def renew(self, token: str, *more: object) -> dict[str, Any]:
        """Present a fresh token on the open connection; the server's answer."""
        answer: dict[str, Any] = await self._client.call("auth", ({"token": token}, *more))
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
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._client.wait()

    async def lost(self) -> None:
        """Wait until the connection is lost, however long that takes.

        Not by the client's own `wait`: cancelled while something arrives, it may wait for ever.
        """
        await self._ended.wait()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the condition on what has come holds."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(holds)

    def _made(self) -> socketio.AsyncClient:
        client = socketio.AsyncClient(reconnection=False)
        client.on("connect", self._was_connected)
        client.on("disconnect", self._was_disconnected)
        client.on("notifications", self._notified)
        client.on("inbox", self._was_told)
        client.on("connect_error", self._was_refused)
        return client

    def _was_connected(self) -> None:
        self._connections += 1
        self._ended.clear()
        self._note("connected")

    def _was_disconnected(self, _reason: str) -> None:
        self._note("disconnected")
        self._ended.set()

    def _was_refused(self, reason: object) -> None:
        self.refusal = reason["message"] if isinstance(reason, dict) else str(reason)

    async def _notified(self, items: list[dict[str, Any]]) -> None:
        ids = [item["id"] for item in items]
        connection = self._connections
        self._note("received", ids)
        self.items += items
        self.received += ids
        self.events.append(len(items))
        async with self._changed:
            self._changed.notify_all()
        await self._may_ack.wait()
        if self.connected and connection == self._connections:
            self._note("acked", ids)  # before it leaves; and on a lost connection none leaves
        self.acked += ids
        async with self._changed:
            self._changed.notify_all()

    async def _was_told(self, change: dict[str, Any]) -> None:
        self.told.append(change)
        if change.get("erased") and self._log is not None:
            self._log.note("erased", up_to=change["erased_up_to"])
        async with self._changed:
            self._changed.notify_all()

    def _note(self, event: ClientEvent, ids: list[str] | None = None) -> None:
        if self._log is not None:
            self._log.note(event, ids or ())


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
