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
from runtime.ignored_upgrade import framing_of
from runtime.paced_calls import PacedCalls
from runtime.paced_http import PacedHttp

#: The server allows this much more time for a body, so that an application with the same limit
#: reaches its own limit first, and sends its own answer.
_SLACK_SECONDS = 1.0
#: How many bytes may arrive in addition to the content of a body: the size lines of chunks, and
#: trailers.
_MOST_CHUNK_HEAD_BYTES = 64 * 1024


class BoundedHttp(PacedHttp):
    """Owns the counts and the deadline of one HTTP connection.

    The time for a request's head starts at its first byte. For the first request, it starts when
    the connection opens. If nothing arrives, the connection is closed without an answer: browsers
    open connections in advance, and would take it for the answer to their next request.

    Most requests arrive whole, in one piece. For those, almost nothing is done here.
    """

    def __init__(
        self,
        *args: Any,
        bounds: Bounds,
        waiting: WaitingConnections,
        paced: PacedCalls,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.paced = paced
        self._bounds = bounds
        self._waiting = waiting
        self._deadline = Deadline(self.loop, self._on_deadline)
        #: The number of bytes received since the end of the last request, or, while a body arrives,
        #: since the end of its head.
        self._received = 0
        self._has_begun = False
        """Whether a request is arriving."""
        self._is_body_timed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time limit for the first request."""
        super().connection_made(transport)
        self._deadline.set(self._bounds.arrival_seconds)
        self._waiting.add(self)

    def leave(self) -> None:
        """Stop the timer."""
        super().leave()
        self._deadline.end()
        self._waiting.remove(self)

    def parse(self, data: bytes) -> None:
        """Parse the bytes. Raises `RequestRefusedError` if they exceed a limit."""
        self._received += len(data)
        super().parse(data)
        if self.outlet.client_is_sending:
            self._check_body()
        elif self._received or self._has_begun:
            if self._received > LONGEST_HEAD:
                raise _head_too_large()
            # A client may send empty lines without end. They begin no request, but start the timer.
            if not self._deadline.is_set:
                self._deadline.set(self._bounds.arrival_seconds)
        elif self._is_answered():
            # The application answered before the whole body had arrived. Until now, the time limit
            # was the one for the body; from now on, it is the one for the next request's head.
            self._deadline.set(self._bounds.arrival_seconds)
        else:
            self._deadline.clear()

    def refuse(self, error: RequestRefusedError) -> None:
        """Answer with the error, and end the connection."""
        self._deadline.clear()
        self._waiting.remove(self)
        super().refuse(error)

    # ── what the parser calls ──────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._has_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Check the head, and start the request."""
        self._check_head()
        if self.parser.should_upgrade() and not self._should_upgrade():
            self.skipped_body = framing_of(self.headers)
        earlier = self.cycle
        super().on_headers_complete()
        if self.cycle is earlier:
            return  # a request to upgrade has no cycle
        if self.expect_100_continue:
            # If the application answers without asking for the body (100 Continue), the server
            # cannot know whether the client sends the body or its next request.
            self.cycle.keep_alive = False
        # Drop trailers: the application would take them for headers.
        self.headers = _Trailers()
        self._received = 0
        self._is_body_timed = False
        self.outlet.client_is_sending = True
        self._waiting.remove(self)

    def on_message_complete(self) -> None:
        """End the request, because all of it has arrived."""
        if self.skipped_body:
            return  # the body is still to come
        super().on_message_complete()
        self._received = 0
        self._has_begun = self.outlet.client_is_sending = False

    def on_response_complete(self) -> None:
        """Start the next request, or wait for it."""
        super().on_response_complete()
        if self.timeout_keep_alive_task is not None:
            self._waiting.add(self)

    # ── steps ──────────────────────────────────────────────────────────────────────────────

    def _check_head(self) -> None:
        if len(self.pipeline) >= MOST_PIPELINED:
            detail = f"more than {MOST_PIPELINED} requests wait on this connection"
            raise RequestRefusedError(HTTPStatus.TOO_MANY_REQUESTS, detail)
        headers = self.headers
        if len(headers) > MOST_HEADERS:
            raise _head_too_large()
        if self._received > LONGEST_HEAD:  # other requests may have arrived with this one
            parsed = sum(len(name) + len(value) for name, value in headers)
            if len(self.url) + parsed > LONGEST_HEAD:
                raise _head_too_large()
        if len(dict(headers)) < len(headers) and [name for name, _ in headers].count(b"host") > 1:
            detail = "there is more than one Host header"
            raise RequestRefusedError(HTTPStatus.BAD_REQUEST, detail)

    def _is_answered(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_complete

    def _check_body(self) -> None:
        if not self._is_body_timed:
            self._is_body_timed = True
            self._deadline.set(self._bounds.arrival_seconds + _SLACK_SECONDS)
        if self._received > self._bounds.body_bytes + _MOST_CHUNK_HEAD_BYTES:
            detail = f"the body has more than {self._bounds.body_bytes} bytes"
            raise RequestRefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)

    def _on_deadline(self) -> None:
        seconds = self._bounds.arrival_seconds
        if self.outlet.is_closing():
            return
        if self.flow.read_paused:
            # The application has not read the bytes that have arrived, so the client cannot send
            # more. The delay is not the client's fault.
            self._deadline.set(seconds)
        elif self._has_begun:
            detail = f"the request did not arrive within {seconds:g} seconds"
            self.refuse(RequestRefusedError(HTTPStatus.REQUEST_TIMEOUT, detail))
        else:
            self.outlet.close()


class _Trailers(list[tuple[bytes, bytes]]):
    """Counts the trailers of a request, and drops them."""

    _count = 0

    def append(self, _trailer: tuple[bytes, bytes]) -> None:
        """Drop a trailer. Raises `RequestRefusedError` if there are too many."""
        self._count += 1
        if self._count > MOST_HEADERS:
            raise _head_too_large()


def _head_too_large() -> RequestRefusedError:
    detail = f"the head has more than {LONGEST_HEAD} bytes, or more than {MOST_HEADERS} headers"
    return RequestRefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, detail)
