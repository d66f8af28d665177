"""uvicorn's HTTP, with bounds on the time and the size in which a request arrives."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

#: Of a request's first line and header fields together; a little more where they come in one piece.
LONGEST_HEAD = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """One connection. It is closed if a request has not arrived whole, so many seconds after its
    first byte (or after connecting), whether anybody reads it or not; uvicorn itself would wait for
    ever. An answer under way is never cut off: `routes/arrival.py` bounds those that need the body.
    """

    def __init__(self, *args: Any, seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds = seconds
        self._arriving: asyncio.TimerHandle | None = None
        self._head: int | None = 0
        """Bytes of the next head so far; None while a body arrives."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected, and must say what it wants."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes of a request."""
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        too_large = self._head is not None and self._head > LONGEST_HEAD
        if too_large and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        """The first byte of a request is here."""
        super().on_message_begin()
        if self._arriving is None:
            self._expect()

    def on_headers_complete(self) -> None:
        """Its head is here."""
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._arrived()
        self._head = 0
        super().on_message_complete()

    def _expect(self) -> None:
        self._arriving = self.loop.call_later(self._seconds, self._too_late)

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def _too_late(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._expect()
        else:
            self.transport.close()
