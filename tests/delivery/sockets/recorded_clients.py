"""Clients that record what is pushed to them. The test sends the acks."""

import json
from collections.abc import Callable
from typing import cast

from delivery.sockets.client import Client
from delivery.sockets.clients import Clients

Push = Callable[[str, list[str], Callable[[], None]], None]


class RecordedClients(Clients):
    """Gives every socket a client, which passes each push to `record`, with the ids in it."""

    def __init__(self, record: Push) -> None:
        super().__init__()
        self._record = record
        self.events: list[bytes] = []
        """The JSON of every event, as it goes to the client."""

    def get(self, socket: str) -> Client:
        return cast(Client, _RecordedClient(socket, self._record, self.events))


class _RecordedClient:
    def __init__(self, socket: str, record: Push, events: list[bytes]) -> None:
        self._socket = socket
        self._record = record
        self._events = events

    def push(self, event: bytes, acked: Callable[[], None]) -> None:
        self._events.append(event)
        name, items = json.loads(event)
        assert name == "notifications"
        self._record(self._socket, [item["id"] for item in items], acked)
