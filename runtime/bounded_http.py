"""uvicorn's HTTP protocol, with limits on what a client may send, and on how long it may take.

All our servers use it. Uvicorn itself limits only the time between two requests.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from runtime.deadline import Deadline
from runtime.http_bounds import (
    LONGEST_HEAD,
    MOST_HEADERS,
    MOST_PIPELINED,
    Bounds,
    RequestRefusedError,
    WaitingConnections,
)
from runtime.refusing_http import RefusingHttp

#: An application that itself limits the time for a body answers first.
_SLACK_SECONDS = 1.0


class BoundedHttp(RefusingHttp):
    """Owns the counts and the deadline of one HTTP connection.

    The time for a request's head starts at its first byte, or for the first request when the
    connection opens. If nothing arrives, the connection is closed without an answer: browsers open
    connections in advance, and would take an answer for that of their next request.
    """

    def __init__(
        self, *args: Any, bounds: Bounds, waiting: WaitingConnections, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._bounds = bounds
        self._waiting = waiting
        self._deadline = Deadline(self.loop, self._on_deadline)
        #: Bytes received since the last request, or while a body arrives, since its head.
        self._received = 0
        #: Parsed bytes and headers of the current head and its trailers.
        self._head_bytes, self._headers = 0, 0
        self._body_bytes = 0
        self._has_begun = False
        """Whether a request is arriving."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time for the first request."""
        super().connection_made(transport)
        self._deadline.set(self._bounds.arrival_seconds)
        self._waiting.add(self, self.outlet.close)

    def leave(self) -> None:
        """Stop the time."""
        super().leave()
        self._deadline.end()
        self._waiting.remove(self)

    def parse(self, data: bytes) -> None:
        """Parse the bytes. Raises `RequestRefusedError` if they exceed a limit."""
        # Start the time now: a client may send empty lines endlessly, and no request begins.
        if not (self._deadline.is_set or self.outlet.client_is_sending):
            self._deadline.set(self._bounds.arrival_seconds)
        self._received += len(data)
        super().parse(data)
        if not self.outlet.client_is_sending:
            if self._received > LONGEST_HEAD:
                raise _head_too_large()
        elif self._received > 2 * self._bounds.body_bytes + LONGEST_HEAD:
            raise self._body_too_large()  # chunks need less than this, even small ones

    def refuse(self, error: RequestRefusedError) -> None:
        """Answer with the error, and end the connection."""
        self._deadline.clear()
        self._waiting.remove(self)
        super().refuse(error)

    # ── what the parser calls ──────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self.pipeline) >= MOST_PIPELINED:
            detail = f"more than {MOST_PIPELINED} requests wait on this connection"
            raise RequestRefusedError(HTTPStatus.TOO_MANY_REQUESTS, detail)
        super().on_message_begin()
        self._has_begun = True
        self._head_bytes = self._headers = 0
        if not self._deadline.is_set:
            self._deadline.set(self._bounds.arrival_seconds)

    def on_url(self, url: bytes) -> None:
        """Add a piece of the request's target."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header. Drop a trailer: the application would take it for a header."""
        self._headers += 1
        self._count(len(name) + len(value))
        if not self.outlet.client_is_sending:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request, and the time for its body."""
        if sum(name == b"host" for name, _ in self.headers) > 1:
            raise RequestRefusedError(HTTPStatus.BAD_REQUEST, "there is more than one Host header")
        earlier = self.cycle
        super().on_headers_complete()
        if self.cycle is earlier:
            return  # a request to upgrade has no cycle
        if self.expect_100_continue:
            # If it is answered without a 100, nobody knows whether its body follows.
            self.cycle.keep_alive = False
        self._received = self._body_bytes = 0
        self.outlet.client_is_sending = True
        self._deadline.set(self._bounds.arrival_seconds + _SLACK_SECONDS)
        self._waiting.remove(self)

    def on_body(self, body: bytes) -> None:
        """Add a piece of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > self._bounds.body_bytes:
            raise self._body_too_large()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the time, because the whole request has arrived."""
        super().on_message_complete()
        self._received = 0
        self._has_begun = self.outlet.client_is_sending = False
        cycle: RequestResponseCycle | None = self.cycle  # None in a request to upgrade
        if cycle is not None and cycle.response_complete:
            # The answer came first. Uvicorn's time for the next request has been stopped since.
            self._deadline.set(self._bounds.arrival_seconds)
        else:
            self._deadline.clear()

    def on_response_complete(self) -> None:
        """Start the next request, or wait for it."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._waiting.add(self, self.outlet.close)

    # ── steps ──────────────────────────────────────────────────────────────────────────────

    def _count(self, parsed: int) -> None:
        self._head_bytes += parsed
        if self._head_bytes > LONGEST_HEAD or self._headers > MOST_HEADERS:
            raise _head_too_large()

    def _body_too_large(self) -> RequestRefusedError:
        detail = f"the body has more than {self._bounds.body_bytes} bytes"
        return RequestRefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)

    def _on_deadline(self) -> None:
        seconds = self._bounds.arrival_seconds
        if self.outlet.is_closing():
            return
        if self.flow.read_paused:
            # The application has not taken what has arrived. The client is not to blame.
            self._deadline.set(seconds)
        elif self._has_begun:
            detail = f"the request did not arrive within {seconds:g} seconds"
            self.refuse(RequestRefusedError(HTTPStatus.REQUEST_TIMEOUT, detail))
        else:
            self.outlet.close()


def _head_too_large() -> RequestRefusedError:
    detail = f"the head has more than {LONGEST_HEAD} bytes, or more than {MOST_HEADERS} headers"
    return RequestRefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
