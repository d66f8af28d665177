"""A shopper's client: a real Socket.IO client that records what it receives and acknowledges."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
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
    """One connection of one user. With `acking=False`, it holds back its acknowledgements.

    `received` has the id of each pushed notification in the order of arrival, repeats included.
    `events` has the number of notifications in each event, `acked` the acknowledged ids, and
    `inbox_events` the `inbox` events.

    With `log`, the shopper also writes these facts to a file for the auditor. Several clients may
    share the file. `client` is the shopper's name in the file. Two shoppers with the same name are
    one device: the second still has what the first received.

    `transports` has names of python-socketio's transports. With both, the shopper begins with
    polling, then upgrades.
    """

    def __init__(
        self,
        user: str,
        url: str,
        *,
        acking: bool = True,
        log: Path | None = None,
        client: str | None = None,
        transports: Sequence[str] = ("websocket",),
    ) -> None:
        self.user = user
        self.client = f"{user}-{os.getpid()}-{next(_numbers)}" if client is None else client
        self.url = url
        self.received: list[str] = []
        self.items: list[dict[str, Any]] = []
        self.events: list[int] = []
        self.acked: list[str] = []
        self.inbox_events: list[dict[str, Any]] = []
        self.refusal = ""
        self.refusal_data: object = None
        self._transports = list(transports)
        self._may_ack = asyncio.Event()
        if acking:
            self._may_ack.set()
        self._changed = asyncio.Condition()
        self._ended = asyncio.Event()
        self._log = None if log is None else ClientLog(log, self.client, user)
        self._connections = 0
        self._client = self._new_client()

    @property
    def connected(self) -> bool:
        """Whether the server has accepted the connection and it is still open."""
        return bool(self._client.connected) and "/" in self._client.namespaces

    @property
    def transport(self) -> str:
        """The transport in use: `websocket` or `polling`."""
        return str(self._client.transport())

    @property
    def is_acking(self) -> bool:
        """Whether the shopper acknowledges what it receives."""
        return self._may_ack.is_set()

    async def connect(self, token: str | None = None) -> None:
        """Connect. Raises `socketio.exceptions.ConnectionError`; then `refusal` has the reason."""
        if self._connections:
            # Use a new client. Otherwise an ack that the last connection held back would be sent
            # over the new connection.
            self._client = self._new_client()
        await self._client.connect(
            self.url,
            auth={"token": shopper_token(self.user) if token is None else token},
            transports=self._transports,
        )

    async def disconnect(self) -> None:
        """Disconnect, as a closed tab does."""
        await self._client.disconnect()

    async def renew(self, token: str, *more: object) -> dict[str, Any]:
        """Present a fresh token on the open connection, and return the server's answer."""
        answer: dict[str, Any] = await self._client.call("auth", ({"token": token}, *more))
        return answer

    def start_acking(self) -> None:
        """Send the held-back acks, and acknowledge from now on."""
        self._may_ack.set()

    def stop_acking(self) -> None:
        """Hold back acks from now on."""
        self._may_ack.clear()

    async def has(self, count: int) -> None:
        """Wait until `count` notifications have arrived, repeats included."""
        await self.until(lambda: len(self.received) >= count)

    async def gone(self) -> None:
        """Wait until the server has ended the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._client.wait()

    async def lost(self) -> None:
        """Wait until the connection is lost, however long that takes.

        The client's own `wait` is no alternative: if it is cancelled while something arrives, it
        may never return.
        """
        await self._ended.wait()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the condition holds. Checks it after each arrival and each ack."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(holds)

    def _new_client(self) -> socketio.AsyncClient:
        client = socketio.AsyncClient(reconnection=False)
        client.on("connect", self._note_connect)
        client.on("disconnect", self._note_disconnect)
        client.on("notifications", self._receive)
        client.on("inbox", self._keep_inbox_event)
        client.on("connect_error", self._keep_refusal)
        return client

    def _note_connect(self) -> None:
        self._connections += 1
        self._ended.clear()
        self._note("connected")

    def _note_disconnect(self, _reason: str) -> None:
        self._note("disconnected")
        self._ended.set()

    def _keep_refusal(self, reason: object) -> None:
        self.refusal = reason["message"] if isinstance(reason, dict) else str(reason)
        self.refusal_data = reason.get("data") if isinstance(reason, dict) else None

    async def _receive(self, items: list[dict[str, Any]]) -> None:
        ids = [item["id"] for item in items]
        connection = self._connections
        self._note("received", ids)
        self.items += items
        self.received += ids
        self.events.append(len(items))
        async with self._changed:
            self._changed.notify_all()
        await self._may_ack.wait()
        # Log the ack before the client sends it. On a lost connection, the client sends none.
        # Do not check `connected` here: it may still be false, because polling can bring an event
        # in the same answer as the server's confirmation of the connection.
        if "/" in self._client.namespaces and connection == self._connections:
            self._note("acked", ids)
        self.acked += ids
        async with self._changed:
            self._changed.notify_all()

    async def _keep_inbox_event(self, change: dict[str, Any]) -> None:
        self.inbox_events.append(change)
        if change.get("erased") and self._log is not None:
            self._log.note("erased", up_to=change["erased_up_to"])
        async with self._changed:
            self._changed.notify_all()

    def _note(self, event: ClientEvent, ids: list[str] | None = None) -> None:
        if self._log is not None:
            self._log.note(event, ids or ())


@asynccontextmanager
async def connected(*shoppers: Shopper) -> AsyncIterator[None]:
    """Connect the shoppers, and disconnect them when the context ends."""
    try:
        for shopper in shoppers:
            await shopper.connect()
        yield
    finally:
        for shopper in shoppers:
            await shopper.disconnect()
