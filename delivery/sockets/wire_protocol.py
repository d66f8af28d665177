"""The WebSocket protocol class for uvicorn: uvicorn's own handshake, and then a `Wire`.

Uvicorn's `Config(ws=…)` takes a protocol class. This one inherits the handshake, the ASGI scope,
and the refusals. When the application accepts, this class hands the connection to picows. From then
on, the application uses ASGI as before (upgraded sessions do), or takes the `Wire` itself (other
Socket.IO sessions do, and `/peer` after its handshake).
"""

from asyncio import TimerHandle
from http import HTTPStatus
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any, cast

from picows import WSAutoPingStrategy, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined] # not in its type stubs
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import SecurityError
from websockets.frames import CloseCode
from websockets.http11 import Request

from delivery import metrics
from delivery.sockets.parser_log import ParserLog
from delivery.sockets.wire import Charge, Receiver, Wire
from runtime.http_bounds import RequestRefusedError

#: The key in the ASGI scope's `extensions` under which an application finds this object.
EXTENSION = "delivery.wire"
#: Picows gets the connection after the handshake. This request makes picows start.
_REQUEST = (
    b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n"
)
#: The answer to a request to upgrade, if the server stops before the application has answered.
_STOPPING = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Retry-After: 1\r\nContent-Length: 8\r\n\r\nstopping"
)
#: The application answers as soon as it is the client's turn (`Arrivals`), which takes seconds if
#: thousands connect at once. A handshake that takes this long has gone wrong.
_HANDSHAKE_SECONDS = 30.0
_READ_BUFFER_BYTES = 2048
#: How much the kernel keeps of what a peer sends. Picows handles all of it in one go. With the
#: kernel's default of megabytes, one peer that floods us would block the event loop for a second.
_KERNEL_BUFFER_BYTES = 16 * 1024


class WireProtocol(WebSocketsSansIOProtocol):
    """Owns one connection until its handshake is answered, and its messages while ASGI reads them.

    This file alone knows the parts of uvicorn's class that are inherited here.
    """

    _wire: Wire | None = None
    _extensions: dict[str, Any] | None = None
    _handshake_timer: TimerHandle | None = None
    charge: Charge | None = None
    """If set before the WebSocket is accepted, it becomes its `Wire.charge`."""

    def take(self, receiver: Receiver) -> Wire:
        """Return the accepted WebSocket, whose messages go to `receiver` from now on.

        The application must not call `receive` any more. The receiver is told of the end even if
        the WebSocket has ended already.
        """
        wire = self._wire
        if wire is None:
            raise RuntimeError("the WebSocket is not accepted")
        wire.attach(receiver)
        # Nothing uses these any more, and they take 5 KiB for each shopper.
        del self.queue, self.writable
        self.scope["headers"] = []
        if wire.has_ended:
            self.loop.call_soon(receiver.closed, CloseCode.ABNORMAL_CLOSURE)
        return wire

    # ── uvicorn's class, before the handshake is answered ──────────────────────────────────

    def connection_made(self, transport: Any) -> None:
        """Take over the connection from the protocol that read the request to upgrade."""
        # Uvicorn no longer uses that protocol and its parser. They refer to each other.
        transport.get_protocol().parser = None
        super().connection_made(transport)

    def handle_connect(self, event: Request) -> None:
        """Start the application for a request to upgrade."""
        self._handshake_timer = self.loop.call_later(_HANDSHAKE_SECONDS, self.transport.abort)
        # What the client sends before the answer stays in the kernel: picows must read it.
        self.transport.pause_reading()
        super().handle_connect(event)
        if not self.handshake_complete:  # otherwise the request was refused
            self._extensions = cast(dict[str, Any], self.scope["extensions"])
            self._extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Read the request to upgrade. Raises `RequestRefusedError`, which HTTP then answers."""
        super().data_received(data)
        error = self.conn.handshake_exc
        if error is None or self.handshake_initiated:
            return
        # Otherwise, uvicorn would neither answer nor end the connection.
        self._drop_handshake()
        self.connections.discard(self)
        status = HTTPStatus.BAD_REQUEST
        if isinstance(error, SecurityError):
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise RequestRefusedError(status, f"this is not a request to upgrade: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Handle the end of a connection whose handshake was refused, or not answered."""
        super().connection_lost(exc)
        self._drop_handshake()
        if self._extensions is not None:
            del self._extensions[EXTENSION]

    async def send(self, message: Any) -> None:
        """Send an ASGI message."""
        if self._wire is not None:
            await self._send_over(self._wire, message)
        elif self.disconnected or self.transport.is_closing():
            raise ClientDisconnected
        elif message["type"] == "websocket.accept":
            self._wire = self._accepted(message)
        else:
            await super().send(message)
            # Count a refusal as an answer. Otherwise, uvicorn would log an error for each one.
            self.handshake_complete = self.handshake_complete or self.close_sent

    def shutdown(self) -> None:
        """Close the connection, because the server is stopping."""
        if self._wire is not None:
            self._wire.close(CloseCode.SERVICE_RESTART)
        elif not self.handshake_complete:
            self.handshake_complete = self.close_sent = True
            self.transport.write(_STOPPING)
            self.transport.close()
        else:
            super().shutdown()

    def _accepted(self, message: Any) -> Wire:
        wire = Wire(self.config.ws_max_size, self._ended)
        wire.attach(self)
        wire.charge = self.charge
        headers = [*self.default_headers, *message.get("headers", ())]
        response = WSUpgradeResponse.create_101_response(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        )
        if subprotocol := message.get("subprotocol"):
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
        frames = WSProtocol(
            None,  # host and port, of clients only
            None,  # path, of clients only
            False,  # is a client
            lambda _request: WSUpgradeResponseWithListener(response, wire),
            ParserLog(metrics.MALFORMED_PACKETS.inc, wire.fail),
            True,  # an exception of ours closes the connection
            None,  # time-out of the handshake, which is over
            False,  # sends no pings: Engine.IO and the peers have their own
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # `Wire` answers pings
            self.config.ws_max_size,
            None,  # headers, of clients only
            _READ_BUFFER_BYTES,
        )
        frames.connection_made(self.transport)
        request = _REQUEST % self.request.headers["Sec-WebSocket-Key"].encode()
        frames.get_buffer(-1)[: len(request)] = request
        frames.buffer_updated(len(request))
        self.handshake_complete = True
        socket: Any = self.transport.get_extra_info("socket")
        socket.setsockopt(SOL_SOCKET, SO_RCVBUF, _KERNEL_BUFFER_BYTES)
        self.transport.set_protocol(frames)
        self.transport.resume_reading()
        # Nothing uses these any more, and each shopper has a set of them.
        self._drop_handshake()
        del self.conn, self.request, self.response
        return wire

    # ── ASGI over the wire ─────────────────────────────────────────────────────────────────

    def received(self, message: bytes, *, is_text: bool) -> None:
        """Queue a message for the application. Read no more until it is taken."""
        wire = self._wire
        if wire is None:
            return
        if is_text:
            try:
                self.queue.put_nowait({"type": "websocket.receive", "text": message.decode()})
            except UnicodeDecodeError:
                wire.close(CloseCode.INVALID_DATA, "text is not UTF-8")
                return
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": message})
        if not self.read_paused:
            self.read_paused = True
            wire.pause_reading()

    def closed(self, code: int) -> None:
        """Tell the application that the connection has ended."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})

    def _ended(self) -> None:
        self.disconnected = True
        self.connections.discard(self)
        if self._extensions is not None:
            del self._extensions[EXTENSION]

    def _drop_handshake(self) -> None:
        if self._handshake_timer is not None:
            self._handshake_timer.cancel()
            self._handshake_timer = None
        # The parser is a generator that refers to its owner. Only the garbage collector would free
        # the two.
        del self.conn.parser

    async def _send_over(self, wire: Wire, message: Any) -> None:
        await wire.until_writable()
        if self.disconnected:
            raise ClientDisconnected
        if message["type"] == "websocket.close":
            wire.close(message.get("code", CloseCode.NORMAL_CLOSURE), message.get("reason") or "")
        elif (data := message.get("bytes")) is not None:
            wire.send(data, is_text=False)
        else:
            wire.send(message["text"].encode())
