"""uvicorn's HTTP protocol, which refuses a request without disturbing the ones before it.

Uvicorn itself answers 400 in the middle of another response, and does not end an earlier request
when the connection is lost. This file, `bounded_http`, `paced_http`, `ignored_upgrade`, `outlet`,
`whole_response` and `http_server` are the only ones in this folder that know uvicorn's internals.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from runtime.http_bounds import RequestRefusedError, refusal
from runtime.ignored_upgrade import Fields, parser_from_body_on
from runtime.outlet import Outlet
from runtime.whole_response import offer

_log = logging.getLogger(__name__)

#: Within this time, a client must read at least this much of an answer that is being sent to it.
_STALL_SECONDS, _LEAST_READ_BYTES = 20.0, 8 * 1024


class RefusingHttp(HttpToolsProtocol):
    """Owns one HTTP connection, its last answer, and its end.

    A refused request is the last one of its connection. It is answered after the earlier ones,
    unless a part of its response has been sent already.
    """

    outlet: Outlet
    _running: RequestResponseCycle | None = None
    _stall_timer: asyncio.TimerHandle | None = None
    #: The answer to the refused request, which is the last one on this connection.
    _refusal: bytes | None = None
    #: The fields that frame the body of the current request, while the parser skips this body.
    skipped_body: Fields | None = None

    # ── the connection ─────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the connection."""
        super().connection_made(transport)
        self.outlet = Outlet(transport, self.flow, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all requests of the connection."""
        # Uvicorn informs only the newest request. An earlier one would go on, and would read from
        # the closed socket, which raises an exception.
        for cycle in (self._running, *(cycle for cycle, _ in self.pipeline)):
            if cycle is not None:
                _abandon(cycle)
        self.pipeline.clear()
        self._unset_keepalive_if_required()
        self.leave()
        super().connection_lost(exc)

    def leave(self) -> None:
        """Stop all timers: the connection has ended, or has another protocol now."""
        self.outlet.stop()
        self._stop_stall_timer()

    def data_received(self, data: bytes) -> None:
        """Parse the received bytes, and refuse the request if they are not HTTP."""
        if self._refusal is not None or self.outlet.is_closing():
            self.outlet.drop(len(data))
            return
        self._unset_keepalive_if_required()
        try:
            self.parse(data)
        except RequestRefusedError as error:
            self.refuse(error)
        except httptools.HttpParserError as error:
            self.refuse(_reason(error))

    def pause_writing(self) -> None:
        """Begin to watch a client that does not read its answers."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Stop watching: the client has read almost everything."""
        super().resume_writing()
        self._stop_stall_timer()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, because no further request has come."""
        self.close()

    def close(self) -> None:
        """Close the connection, once everything is sent."""
        self.outlet.close()

    def shutdown(self) -> None:
        """Close the connection after its requests, because the server is stopping."""
        if self.outlet.is_closing():
            self.transport.abort()
        else:
            super().shutdown()

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection to the WebSocket protocol. Raises `RequestRefusedError`."""
        if self._is_answering():
            detail = "a request to upgrade must wait for the answers to earlier ones"
            raise RequestRefusedError(HTTPStatus.BAD_REQUEST, detail)
        try:
            super().handle_websocket_upgrade()
        except RequestRefusedError:
            self.connections.add(self)
            raise
        self.leave()

    # ── the requests ───────────────────────────────────────────────────────────────────────

    def parse(self, data: bytes) -> None:
        """Parse the bytes, which calls the `on_…` methods. Raises `RequestRefusedError`."""
        rest = memoryview(data)
        while rest:
            try:
                self.parser.feed_data(rest)
                break
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                # The request asks for an upgrade that this server does not offer. RFC 9110 lets a
                # server ignore that.
                rest = rest[upgrade.args[0] :]
            if self.skipped_body:
                framing, self.skipped_body = self.skipped_body, None
                self.parser = parser_from_body_on(self, framing)
        if self.outlet.client_is_sending:
            # The response may end the connection before the whole request has arrived. So it gets
            # the outlet, which ends the connection without losing the response.
            self.cycle.transport = cast(asyncio.Transport, self.outlet)

    def refuse(self, error: RequestRefusedError) -> None:
        """Answer with the error, and end the connection."""
        client = self.client[0] if self.client else ""
        fields = {"status": int(error.status), "cause": error.detail, "client": client}
        _log.warning("request refused", extra=fields)
        self._refusal = refusal(error, self.server_state.default_headers)
        if self.outlet.client_is_sending:
            self._drop_current()
        self.outlet.client_is_sending = True  # what the client still sends is dropped
        if not self._is_answering():
            self._end()

    def _drop_current(self) -> None:
        """End the request whose body is arriving. The refusal takes the place of its response."""
        cycle = self.cycle
        if cycle.response_started:
            self._refusal = b""
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        _abandon(cycle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # Do not use `self.cycle`, which is the newest request. With pipelining, that is a different
        # one.
        self._running = cycle
        offer(cycle)
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Start the next request, or wait for it. After a refused request, end the connection."""
        if self.outlet.is_closing():
            self.server_state.total_requests += 1
            self.outlet.close()
        elif self._refusal is not None and not self.pipeline:
            self.server_state.total_requests += 1
            self._end()
        else:
            super().on_response_complete()

    def _is_answering(self) -> bool:
        running = self._running
        is_running = running is not None and not (running.response_complete or running.disconnected)
        return is_running or bool(self.pipeline)

    def _end(self) -> None:
        if self._refusal:
            self.outlet.write(self._refusal)
        self.outlet.close()

    def _watch(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._stall_timer = self.loop.call_later(_STALL_SECONDS, self._check_progress, unread)

    def _check_progress(self, earlier_unread: int) -> None:
        read = earlier_unread - self.transport.get_write_buffer_size()
        if read < _LEAST_READ_BYTES:
            self.transport.abort()
        else:
            self._watch()

    def _stop_stall_timer(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None


def _abandon(cycle: RequestResponseCycle) -> None:
    """Let the application believe that the client has left. Drop what the application sends."""
    cycle.disconnected = True
    cycle.message_event.set()


def _reason(error: httptools.HttpParserError) -> RequestRefusedError:
    cause = error.__context__
    if isinstance(cause, RequestRefusedError):
        return cause
    # The texts of the parser's own errors are constant, so the client may see them. An error with a
    # cause was raised in a callback, which could not parse the target.
    text = "its target is not valid" if cause is not None else str(error)
    detail = f"this is not a valid HTTP request: {text}"
    return RequestRefusedError(HTTPStatus.BAD_REQUEST, detail)
