"""Sends the river to the listeners: records ten times a second, a changed state twice a second."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from deploy.console.core.feed import Feed
from deploy.console.listening.hub import Hub, Listener, server_sent
from producer_api.contract.notification import rfc3339
from producer_api.contract.token_verifier import Identity

_TICK_SECONDS = 0.1
_TICKS_PER_STATE = 5


class Publisher:
    """Owns the state that all listeners have. It is empty if they have different states."""

    def __init__(self, hub: Hub, feed: Feed, state: Callable[[], dict[str, Any]]) -> None:
        self._hub = hub
        self._feed = feed
        self._state = state
        self._sent: dict[str, Any] = {}

    def join(self, identity: Identity) -> Listener:
        """Add a listener, which gets the state first. Raises `TooManyListenersError`."""
        state = self._state()
        if state != self._sent:
            # The other listeners have an older state. If the state changes back to that one, it
            # must be sent, because the new listener does not have it.
            self._sent = {}
        return self._hub.join(server_sent("state", _stamped(state)), identity=identity)

    async def run(self) -> None:
        """Send until cancelled. Does nothing while nobody listens."""
        while True:
            if not self._hub.awaited.is_set():
                await self._hub.awaited.wait()
                self._feed.take()  # drop the records that came while nobody listened
            for _ in range(_TICKS_PER_STATE):
                await asyncio.sleep(_TICK_SECONDS)
                records = self._feed.take()
                if records is not None:
                    self._hub.publish(server_sent("records", _stamped(records)))
            state = self._state()
            if state != self._sent:
                self._sent = state
                self._hub.publish(server_sent("state", _stamped(state)))


def _stamped(data: dict[str, Any]) -> dict[str, Any]:
    return {"at": rfc3339(datetime.now(UTC)), **data}
