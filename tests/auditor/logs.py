"""The JSON-lines files that a run writes about itself, for the auditor to read.

A client's log has one line per event. Clients may share a file:
    {"at": "2026-01-31T12:00:00.000000+00:00", "client": "ana-1", "user": "ana",
     "event": "connected" | "received" | "acked" | "erased" | "disconnected",
     "ids": ["0198c0de-…", …], "up_to": "0198c0de-…"}
A client writes `erased` when it is told that everything up to an id was erased. It writes
`acked` before it sends the ack, so that every ack is in a log.

The log of what the API accepted has a line for each notification, written as soon as its request
is answered 201. `producer` (optional) names the process that answered the request. `began`
(optional) is the time just before the first attempt of the request:
    {"at": …, "id": "0198c0de-…", "user": "ana", "producer": "1", "began": …}

A receiver of webhooks, or a browser, has a line for each notification that it was told:
    {"at": …, "way": "webhook" | "push", "receiver": "…", "user": "ana", "id": "0198c0de-…"}

The log of the group's committed offsets has a line each time an offset is seen to have changed:
    {"at": …, "partition": 0, "offset": 17}
"""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

ClientEvent = Literal["connected", "received", "acked", "erased", "disconnected"]


class LinesLog:
    """Appends lines to a file. Several processes may share it, because each line is one write."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # an empty log means that nothing happened; a missing log is an error
        self._path = path

    def append(self, **fields: object) -> None:
        """Add a line with these fields and the time. Readers see it when this returns."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(), **fields}) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


class ClientLog:
    """The log that one client writes of what it received and acknowledged."""

    def __init__(self, path: Path, client: str, user: str) -> None:
        self._lines = LinesLog(path)
        self._client = client
        self._user = user

    def note(self, event: ClientEvent, ids: Iterable[str] = (), up_to: str = "") -> None:
        """Write that something has happened. Write `acked` before the ack is sent."""
        author = {"client": self._client, "user": self._user}
        self._lines.append(**author, event=event, ids=list(ids), up_to=up_to)


class TellingsLog:
    """The log that receivers write of what the away program told them."""

    def __init__(self, path: Path) -> None:
        self._lines = LinesLog(path)

    def note(self, way: str, receiver: str, user: str, notification_id: str) -> None:
        """Log that this receiver was told of this notification of the user."""
        self._lines.append(way=way, receiver=receiver, user=user, id=notification_id)


class AcceptedLog:
    """The log that an order service writes of what the API accepted."""

    def __init__(self, path: Path) -> None:
        self._lines = LinesLog(path)

    def note(
        self, notification_id: str, user: str, producer: str = "", began: datetime | None = None
    ) -> None:
        """Log that the API answered 201 with this id to a request first sent at `began`."""
        optional = {} if began is None else {"began": began.isoformat()}
        self._lines.append(id=notification_id, user=user, producer=producer, **optional)
