"""The sending half of an HTTP connection. Ends it so that the client can read the last answer."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

#: How long a client may take to close its side, once it has the last answer.
_END_SECONDS = 2.0
#: How long a client may read nothing while the server has data to send to it.
_STALL_SECONDS = 20.0
#: How much is received and dropped from a client that keeps sending after the last answer.
_MAX_DROPPED_BYTES = 1024 * 1024


class Outlet:
    """Ends a connection in an orderly way. Uvicorn's responses use it as their transport.

    A socket that is closed with unread bytes resets the connection, and the client may lose the
    answer. So if the client is still sending, only the sending half is closed at first.
    """

    def __init__(
        self, transport: asyncio.Transport, flow: FlowControl, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.client_is_sending = False
        """Whether a part of the current request has not arrived."""
        self._transport = transport
        self._flow = flow
        self._loop = loop
        self._is_over = False
        self._dropped = 0
        self._unread = 0
        self._timer: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        """Send, unless the connection is ending."""
        if not self._is_over:
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Return whether the connection is ending."""
        return self._is_over or self._transport.is_closing()

    def close(self) -> None:
        """End the connection once everything is sent."""
        if self._is_over:
            return
        self._is_over = True
        if self._transport.is_closing():
            pass  # uvicorn has closed it, after the response to a whole request
        elif self.client_is_sending and self._transport.can_write_eof():
            self._transport.write_eof()
            self._flow.resume_reading()
        else:
            self._transport.close()
        self._cut_later()

    def drop(self, count: int) -> None:
        """Drop received bytes. Beyond a limit, stop reading, so that TCP stops the client."""
        self._dropped += count
        if self._dropped > _MAX_DROPPED_BYTES and not self._transport.is_closing():
            self._flow.pause_reading()

    def stop(self) -> None:
        """Send nothing more: the connection has ended, or has another protocol now."""
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut_later(self) -> None:
        unread = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(_STALL_SECONDS if unread else _END_SECONDS, self._cut)
        self._unread = unread

    def _cut(self) -> None:
        if self._transport.get_write_buffer_size() < self._unread:
            self._cut_later()  # the client is reading, on a slow network
        else:
            self._transport.abort()
