"""Engine.IO sessions over a WebSocket: python-engineio keeps the session, a `Wire` moves packets.

Python-engineio's own driver spends two queues, two tasks, and a `wait_for` on each packet. Here, an
ack is handled as soon as its frame is read, and a packet is written without a queue. Only this
file, `polling_client`, `upgrade`, `environ` and `server` know python-engineio's internals.
"""

import asyncio
import logging
from typing import Any

from engineio import packet
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError
from websockets.frames import CloseCode

from delivery import metrics
from delivery.sockets.client import CLOSE, PONG, Client, cost_of, is_message
from delivery.sockets.departures import Departures
from delivery.sockets.wire_protocol import EXTENSION

_log = logging.getLogger(__name__)

_PING = b"2"
#: The prefix of an ack for the namespace `/`, and its end if the client adds no arguments.
_ACK, _NO_ARGUMENTS = b"43", b"[]"
_MAX_ACK_DIGITS = 12
_WAITING_ACK = _ACK.decode()
#: No more is read from a client while this many of its packets wait.
_MAX_WAITING = 16


class WebSocketClient(Client):
    """Owns the packets of one session that wait to be handled, and its heartbeat.

    Replaces the socket's queue (`put`, `join`), and sends at once what python-engineio queues.
    """

    def __init__(
        self,
        socket: AsyncSocket,
        protocol: Any,
        departures: Departures,
        packets_per_second: float,
    ) -> None:
        self._socket = socket
        self._departures = departures
        # A list and a future: a deque and an event would need 1.5 KiB for every shopper.
        self._waiting: list[str] = []
        self._wake: asyncio.Future[None] | None = None
        self._is_over = False
        self._is_reading = True
        self._awaits_pong = False
        super().__init__(packets_per_second)
        self._wire = protocol.take(self)
        self._wire.charge = self.charge
        self._timer = self._later(socket.server.ping_interval, self._ping)

    @classmethod
    async def serve(
        cls,
        socket: AsyncSocket,
        environ: dict[str, Any],
        departures: Departures,
        packets_per_second: float,
    ) -> str:
        """Serve a session over its accepted WebSocket, from its opening to its end.

        Returns what python-engineio takes as "answered already".
        """
        protocol = environ["asgi.scope"]["extensions"][EXTENSION]
        client = cls(socket, protocol, departures, packets_per_second)
        # Python-socketio keeps the `environ` as long as the session lasts. Empty it: that saves
        # 6 KiB.
        environ.clear()
        client.put_into(environ)
        opening, socket.queue = socket.queue, client
        socket.connected = socket.upgraded = True
        while not opening.empty():
            await client.put(opening.get_nowait())
        del opening  # frees 3 KiB
        await client.run()
        return ""

    async def run(self) -> None:
        """Handle the client's packets, one after the other, until the session is over."""
        try:
            while not self._is_over:
                if self._waiting:
                    await self._handle(self._waiting.pop(0))
                    self._read_on()
                else:
                    self._wake = asyncio.get_running_loop().create_future()
                    await self._wake
            # Handle the acks that still wait: the client sent them before it left, so it has the
            # notifications.
            for text in self._waiting:
                if text.startswith(_WAITING_ACK):
                    await self._handle(text)
        finally:
            self._timer.cancel()
            reason = self._socket.server.reason.TRANSPORT_CLOSE
            await self._socket.close(wait=False, abort=True, reason=reason)
            self._wire.close()
            self.forget()
            self._socket.queue = None  # refers to this object, which refers to the socket

    # ── what the wire calls ────────────────────────────────────────────────────────────────

    def received(self, message: bytes, *, is_text: bool) -> None:
        """Handle an ack at once. Queue any other packet."""
        if is_text and message[:2] == _ACK and message[-2:] == _NO_ARGUMENTS:
            digits = message[2:-2]
            if digits.isdigit() and len(digits) <= _MAX_ACK_DIGITS:
                self.acknowledge(int(digits))
                return
        self._receive_other(message, is_text=is_text)

    def closed(self, _code: int) -> None:
        """End the session, because its WebSocket has ended."""
        self._departures.add(self._finish)

    # ── what the edge and python-engineio call ─────────────────────────────────────────────

    @property
    def has_ended(self) -> bool:
        """Whether the session is over."""
        return self._is_over

    def send(self, packet: bytes) -> None:
        """Send an Engine.IO packet at once."""
        self._wire.send(packet)

    def end(self) -> None:
        """Close the WebSocket. The client takes this for a broken connection."""
        self._wire.close()
        self.closed(0)

    def expel(self) -> None:
        """Close the WebSocket with a reason, and end the session."""
        self._wire.close(CloseCode.POLICY_VIOLATION, "too many packets", floods=True)
        self.closed(0)

    async def put(self, to_send: packet.Packet | None) -> None:
        """Send a packet of python-engineio."""
        if to_send is None:
            return
        encoded = to_send.encode()
        if isinstance(encoded, bytes):
            self._wire.send(encoded, is_text=False)
        else:
            self.send(encoded.encode())
        if to_send.packet_type == packet.CLOSE:
            self._wire.close()

    async def join(self) -> None:
        """Return at once, because nothing is queued."""

    # ── steps ──────────────────────────────────────────────────────────────────────────────

    def _receive_other(self, message: bytes, *, is_text: bool) -> None:
        self.charge(len(message), cost_of(message))
        if self.has_flooded:
            return
        try:
            text = message.decode() if is_text else ""
        except UnicodeDecodeError:
            metrics.MALFORMED_PACKETS.inc()
            self._wire.close(CloseCode.INVALID_DATA, "text is not UTF-8")
            return
        if text == PONG:
            self._ponged()
        elif text == CLOSE:
            self._wire.close()
        elif is_message(text):
            self._waiting.append(text)
            self._wake_up()
            if len(self._waiting) >= _MAX_WAITING and self._is_reading:
                self._is_reading = False
                self._wire.pause_reading()
        else:
            metrics.MALFORMED_PACKETS.inc()
            self._wire.close()

    def _read_on(self) -> None:
        if self._is_reading or self._is_over or self.has_flooded:
            return
        if len(self._waiting) < _MAX_WAITING:
            self._is_reading = True
            self._wire.resume_reading()

    async def _handle(self, text: str) -> None:
        try:
            await self._socket.receive(packet.Packet(encoded_packet=text))
        except EngineIOError as error:  # the session has ended meanwhile
            _log.info("packet dropped", extra={"cause": repr(error)})
            self._wire.close()
        except Exception:  # noqa: BLE001 - python-socketio runs handlers in it, which may raise
            _log.exception("packet failed")

    def _finish(self) -> None:
        self._is_over = True
        self._wake_up()

    def _wake_up(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    # ── heartbeat ──────────────────────────────────────────────────────────────────────────

    def _ping(self) -> None:
        self._awaits_pong = True
        self.send(_PING)
        self._timer = self._later(self._socket.server.ping_timeout, self._cut)

    def _cut(self) -> None:
        # Send no close frame: the client is gone, and would not answer it.
        self._wire.cut("answers no ping")

    def _ponged(self) -> None:
        if self._awaits_pong:
            self._awaits_pong = False
            self._timer.cancel()
            self._timer = self._later(self._socket.server.ping_interval, self._ping)

    def _later(self, seconds: float, then: Any) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, then)
