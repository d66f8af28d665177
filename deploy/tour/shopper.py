"""A shopper's browser, as far as the pipeline sees it: a Socket.IO client that acknowledges."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import socketio

_CONNECT_SECONDS = 15.0


class Shopper:
    """One tab of one user. It connects again by itself if its connection ends.

    `received` has the id of each pushed notification, in the order of arrival, with repeats.
    `changes` has the `inbox` events.
    """

    def __init__(self, user: str) -> None:
        self.user = user
        self.received: list[str] = []
        self.changes: list[dict[str, Any]] = []
        self._may_acknowledge = asyncio.Event()
        self._may_acknowledge.set()
        self._changed = asyncio.Condition()
        self._client = socketio.AsyncClient(
            reconnection_delay=0.2,
            reconnection_delay_max=1,
            handle_sigint=False,  # its handler would cancel every task, including the clean-up
        )
        self._client.on("notifications", self._receive)
        self._client.on("inbox", self._note_change)

    @asynccontextmanager
    async def connected(self, url: str, token: str) -> AsyncIterator["Shopper"]:
        """Stay connected until the context ends. Raises `socketio.exceptions.ConnectionError`."""
        await self._client.connect(
            url,
            auth={"token": token},
            transports=["websocket"],
            wait_timeout=_CONNECT_SECONDS,
            retry=True,
        )
        try:
            yield self
        finally:
            await self._client.shutdown()

    def hold_back(self) -> None:
        """Acknowledge nothing until `acknowledge` is called."""
        self._may_acknowledge.clear()

    def acknowledge(self) -> None:
        """Send the acknowledgements that were held back, and hold back no more."""
        self._may_acknowledge.set()

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, checking after each event. Return whether it does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(holds)
        return holds()

    async def has(self, count: int, seconds: float) -> bool:
        """Wait until this many notifications have arrived. Return whether they have."""
        return await self.until(lambda: len(self.received) >= count, seconds)

    async def _receive(self, items: list[dict[str, Any]]) -> None:
        self.received += [item["id"] for item in items]
        async with self._changed:
            self._changed.notify_all()
        await self._may_acknowledge.wait()  # this handler's return is the acknowledgement

    async def _note_change(self, change: dict[str, Any]) -> None:
        self.changes.append(change)
        async with self._changed:
            self._changed.notify_all()
