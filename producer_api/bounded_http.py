"""uvicorn's HTTP protocol, with limits on the time and the size in which a request arrives."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

#: Bytes of a request's first line and headers together. A head that arrives in one piece may have
#: a little more.
LONGEST_HEAD = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """One connection, which is closed if a request takes too long to arrive.

    The time is `seconds` from the first byte of the request, or from connecting; uvicorn itself
    waits without a limit. The limit holds even if no handler reads the body. It never cuts off a
    response: while the handler works, `middleware/body_timeout.py` bounds the body it reads.
    """

    def __init__(self, *args: Any, seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._head: int | None = 0
        """Bytes of the next head so far; None while a body arrives."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse some bytes of a request. Answer 400 if its head is too large."""
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        too_large = self._head is not None and self._head > LONGEST_HEAD
        if too_large and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        """Start the time for a request at its first byte."""
        super().on_message_begin()
        if self._timer is None:
            self._start_timer()

    def on_headers_complete(self) -> None:
        """Stop counting the head's bytes."""
        self._head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the time: the request has arrived whole."""
        self._stop_timer()
        self._head = 0
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self._seconds, self._too_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            # A handler is at work, and may answer without the rest of the body. Look again later.
            self._start_timer()
        else:
            self.transport.close()
