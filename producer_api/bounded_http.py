"""uvicorn's HTTP protocol, with limits on the arrival time of a request and on its head's size."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

#: Limit on a request's first line and headers together, in bytes. A head that arrives in one piece
#: may be a little larger.
LONGEST_HEAD = 64 * 1024


class BoundedHttp(HttpToolsProtocol):
    """One HTTP connection. Closes it if a request takes too long to arrive.

    A request must arrive within `seconds`. The time starts at its first byte, or for the first
    request when the connection opens. uvicorn itself has no such limit. The limit applies even if
    no handler reads the body. It never cuts off a response: while a handler runs,
    `middleware/body_timeout.py` limits the time for the body instead.
    """

    def __init__(self, *args: Any, seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes: int | None = 0
        """Bytes of the current head received so far; None while a body arrives."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the received bytes. Answer 400 if the request's head is too large."""
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        too_large = self._head_bytes is not None and self._head_bytes > LONGEST_HEAD
        if too_large and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        """Start the timer at the first byte of a request."""
        super().on_message_begin()
        if self._timer is None:
            self._start_timer()

    def on_headers_complete(self) -> None:
        """Stop counting the head's bytes."""
        self._head_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the timer, because the whole request has arrived."""
        self._stop_timer()
        self._head_bytes = 0
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self._seconds, self._on_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timeout(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            # A handler is running, and may answer without the rest of the body. Check again later.
            self._start_timer()
        else:
            self.transport.close()
