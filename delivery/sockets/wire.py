"""One WebSocket after its handshake (RFC 6455), with picows reading and writing the frames.

Only this file, `fragments`, `wire_protocol` and `peers.dial` import picows. Picows reads frames in
Cython, straight from the event loop, and writes a frame with one system call. See ADR 16.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSProtocolError, WSTransport
from websockets.frames import CloseCode

from delivery.sockets.fragments import Fragments

_log = logging.getLogger(__name__)

_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_PING, _CLOSE = WSMsgType.PING, WSMsgType.CLOSE

#: Picows' `send` copies messages up to this length. For a longer one, it hands uvloop a view of a
#: buffer, and reuses that buffer for the next header. A frame that has to wait would be sent
#: corrupted.
_MAX_COPIED_BYTES = 8192
#: The room that picows needs before a message, to write the header into it.
_HEADER_BYTES = 14
#: A client with more unread bytes than this is too slow. The limit is far above two events, and
#: leaves room for a burst of `inbox` events, or of events to a client that is busy for a while.
_MAX_UNREAD_BYTES = 1024 * 1024
#: A client that leaves more than the transport's 64 KiB unread for this long is ended.
_STALL_SECONDS = 20.0
#: Codes that a close frame must not have, in addition to those that picows refuses; and the highest
#: code that it may have.
_UNSENDABLE, _HIGHEST_CODE = (0, CloseCode.ABNORMAL_CLOSURE), 4999
#: How long a closing WebSocket waits for the peer, and for its last bytes to be read.
_CLOSE_SECONDS = 5.0
_EXPEL_SECONDS = 1.0
#: A fragment of a message is cheap, and a message may have thousands.
_FRAGMENT_COST = 0.02
#: At most this many frames may come after our close frame: the peer may not have read it yet.
_MAX_DROPPED = 5_000


#: Takes the number of bytes in a frame, and how many packets the frame counts as.
Charge = Callable[[int, float], None]


class Receiver(Protocol):
    """Receives the messages of a WebSocket, and its end."""

    def received(self, message: bytes, *, is_text: bool) -> None:
        """Handle a whole message. A text message may still be invalid UTF-8."""

    def closed(self, code: int) -> None:
        """Handle the end of the WebSocket, which is reported once."""


class Wire(WSListener):
    """Owns one open WebSocket, and the timers that end it if the peer reads or answers nothing.

    Every send writes at once, or to the transport's buffer. A peer that does not read is ended once
    that buffer has held too much, or for too long.
    """

    def __init__(self, max_message_bytes: int, ended: Callable[[], None]) -> None:
        """Call `ended` when the WebSocket ends, before the receiver is told."""
        self._ended: Callable[[], None] | None = ended
        self.has_ended = False
        self.is_writable = True
        """Whether the peer has read almost everything that was sent."""
        self._transport: Any = None
        self._receiver: Receiver | None = None
        self.charge: Charge | None = None
        """If set, it is called for each frame that is not a whole text message."""
        self._fragments = Fragments(max_message_bytes)
        #: The payload of the last ping, until it is answered.
        self._ping: bytes | None = None
        #: How many frames came after our close frame.
        self._dropped = 0
        self._stall_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Event | None = None

    def attach(self, receiver: Receiver) -> None:
        """Pass messages to this receiver from now on."""
        self._receiver = receiver

    # ── sending ────────────────────────────────────────────────────────────────────────────

    def send(self, message: bytes, *, is_text: bool = True) -> None:
        """Send UTF-8 text, or other bytes. Does nothing once the WebSocket is closing."""
        kind = _TEXT if is_text else _BINARY
        if len(message) <= _MAX_COPIED_BYTES:
            self._transport.send(kind, message)
        else:
            framed = bytearray(_HEADER_BYTES)
            framed += message
            self._transport.send_reuse_external_bytearray(kind, framed, _HEADER_BYTES)
        if (
            self._stall_timer is not None
            and self._transport.underlying_transport.get_write_buffer_size() > _MAX_UNREAD_BYTES
        ):
            self.cut("reads too slowly")

    async def until_writable(self) -> None:
        """Wait until the peer has read almost everything, or the WebSocket has ended."""
        while self._stall_timer is not None:
            self._writable = self._writable or asyncio.Event()
            self._writable.clear()
            await self._writable.wait()

    def close(
        self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "", *, floods: bool = False
    ) -> None:
        """Begin to close. If the peer does not close within some seconds, cuts the connection.

        With `floods`, reads nothing more from the peer, and gives it a second to read the reason.
        """
        if not self.is_open:
            return
        self._transport.send_close(code, reason)
        if floods:
            if not self._transport.is_disconnected:
                self._transport.underlying_transport.pause_reading()
            self._abort_later(_EXPEL_SECONDS)
        else:
            # The peer's answer may be behind messages that wait to be read.
            self.resume_reading()
            self._abort_later()

    def cut(self, cause: str) -> None:
        """End the connection at once, without a close frame. `cause` is for the log."""
        if not self._transport.is_disconnected:
            _log.info("websocket cut", extra={"cause": cause})
            self._transport.disconnect(graceful=False)

    @property
    def is_open(self) -> bool:
        """Whether a message can still be sent."""
        return not (self._transport.is_close_frame_sent or self._transport.is_disconnected)

    # ── reading ────────────────────────────────────────────────────────────────────────────

    def pause_reading(self) -> None:
        """Stop reading, so that TCP slows down the peer. Messages already read still arrive."""
        if self.is_open:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take over the connection, once picows has answered the handshake."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Handle a frame. Raises `WSProtocolError`; picows then closes the WebSocket."""
        kind = frame.msg_type
        if transport.is_close_frame_sent and kind is not _CLOSE:
            # The peer may not have read our close frame yet. But it must not go on forever.
            self._dropped += 1
            if self._dropped > _MAX_DROPPED:
                self.cut("floods while closing")
            return
        if (
            kind is _TEXT
            and frame.fin
            and not self._fragments.has_begun
            and not _has_extension(frame)
        ):
            if self._receiver is not None:
                self._receiver.received(frame.get_payload_as_bytes(), is_text=True)
            return
        if self.charge is not None:
            is_data = kind in (_TEXT, _BINARY, _CONTINUATION)
            self.charge(frame.payload_size, _FRAGMENT_COST if is_data else 1)
        self._handle(transport, kind, frame)

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """Report the end, unless a close frame has reported it already."""
        for timer in (self._stall_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        self._stall_timer = self._close_timer = None
        self.is_writable = True  # so that nobody waits
        if self._writable is not None:
            self._writable.set()
        self._end(CloseCode.ABNORMAL_CLOSURE)
        self._transport = _GONE

    def _handle(self, transport: WSTransport, kind: WSMsgType, frame: WSFrame) -> None:
        if transport.is_close_frame_sent and kind is not _CLOSE:
            return  # `charge` has just closed the WebSocket.
        if _has_extension(frame):
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "reserved bits are set")
        if kind is _PING:
            if self._ping is None:
                asyncio.get_running_loop().call_soon(self._answer_ping)
            self._ping = frame.get_payload_as_bytes()
        elif kind is _CLOSE:
            self._answer_close(transport, frame)
        elif kind in (_TEXT, _BINARY, _CONTINUATION):
            message = self._fragments.add(kind, frame)
            if message is not None and self._receiver is not None:
                self._receiver.received(message, is_text=self._fragments.is_text)

    def _answer_ping(self) -> None:
        # Send one pong for all pings that were read together, which RFC 6455 allows: a flood of
        # pings must cost little. Skip the pong if the peer does not read, so that the write buffer
        # does not fill.
        payload, self._ping = self._ping, None
        if self._stall_timer is None:
            self._transport.send_pong(payload)

    # ── ending ─────────────────────────────────────────────────────────────────────────────

    def _answer_close(self, transport: WSTransport, frame: WSFrame) -> None:
        code = frame.get_close_code().value
        if frame.payload_size and (code in _UNSENDABLE or code > _HIGHEST_CODE):
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "the close code is not valid")
        if not transport.is_close_frame_sent:
            self._transport.send_close(code or CloseCode.NORMAL_CLOSURE)
        self._abort_later()
        transport.disconnect()
        self._end(code or CloseCode.NO_STATUS_RCVD)

    def _end(self, code: int) -> None:
        if self._ended is None:
            return
        self.has_ended = True
        # Here and below, drop references that form cycles. Otherwise, every WebSocket that ends
        # would stay in memory until the garbage collector runs.
        ended, self._ended = self._ended, None
        ended()
        self.charge = None
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.closed(code)

    def pause_writing(self) -> None:
        """Begin to watch a peer whose buffer is filling up."""
        self.is_writable = False
        loop = asyncio.get_running_loop()
        self._stall_timer = loop.call_later(_STALL_SECONDS, self.cut, "reads nothing")

    def resume_writing(self) -> None:
        """Stop watching: the peer has read almost everything."""
        self.is_writable = True
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
        if self._writable is not None:
            self._writable.set()

    def fail(self) -> None:
        """Stop reading after an error. Picows ends the connection soon.

        If reading went on, picows would keep all that it reads, and search it for frames again.
        """
        if not self._transport.is_disconnected:
            self._transport.underlying_transport.pause_reading()
            self._abort_later()

    def _abort_later(self, seconds: float = _CLOSE_SECONDS) -> None:
        if self._close_timer is None:
            loop = asyncio.get_running_loop()
            self._close_timer = loop.call_later(seconds, self.cut, "did not close")


class _Gone:
    """Takes the place of the transport of a WebSocket that has ended. Drops what is sent."""

    is_close_frame_sent = is_disconnected = True

    def send(self, *_arguments: object) -> None:
        """Drop the message."""

    send_reuse_external_bytearray = send_pong = send


_GONE = _Gone()


def _has_extension(frame: WSFrame) -> bool:
    """Return whether bits are set that only an extension uses. No extension is negotiated."""
    return bool(frame.rsv1 or frame.rsv2 or frame.rsv3)
