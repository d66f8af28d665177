"""The files that a run writes about itself, for the auditor to read: JSON lines.

A client's log, one line each time something happens to it; several clients may share a file:
    {"at": "2026-01-31T12:00:00.000000+00:00", "client": "ana-1", "user": "ana",
     "event": "connected" | "received" | "acked" | "erased" | "disconnected",
     "ids": ["0198c0de-…", …], "up_to": "0198c0de-…"}
`erased` is noted when the client is told that all was, up to which id. A client writes `acked`
before its acknowledgement leaves: an ack that nobody noted cannot exist.

What the API accepted, one line for each notification that was answered 201, as soon as it was;
`producer` is optional, and names the process that took it; so is `began`, the moment just before
its request was sent, the first one where it was repeated:
    {"at": …, "id": "0198c0de-…", "user": "ana", "producer": "1", "began": …}

The group's committed offsets, one line each time one is seen to have changed:
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
    """Appends to a file that others may append to as well: each line is one write."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # an empty log says that nothing happened, a missing one says nothing
        self._path = path

    def append(self, **fields: object) -> None:
        """Add a line with these fields and the moment; when this returns, all can read it."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(), **fields}) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


class ClientLog:
    """What one client received and acknowledged, as the client itself says."""

    def __init__(self, path: Path, client: str, user: str) -> None:
        self._lines = LinesLog(path)
        self._client = client
        self._user = user

    def note(self, event: ClientEvent, ids: Iterable[str] = (), up_to: str = "") -> None:
        """Something has happened; of an ack: is about to."""
        who = {"client": self._client, "user": self._user}
        self._lines.append(**who, event=event, ids=list(ids), up_to=up_to)


class AcceptedLog:
    """What the API accepted, as the order service that called it says."""

    def __init__(self, path: Path) -> None:
        self._lines = LinesLog(path)

    def note(
        self, notification_id: str, user: str, producer: str = "", began: datetime | None = None
    ) -> None:
        """The API has answered 201 with this id; `began` is when it was first asked."""
        known = {} if began is None else {"began": began.isoformat()}
        self._lines.append(id=notification_id, user=user, producer=producer, **known)
