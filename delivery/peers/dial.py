"""Dials another instance with picows, and queues that instance's messages during the handshake.

Both ends of a link use the class `Wire`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from picows import WSAutoPingStrategy, WSError, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined] # not in its type stubs

from delivery.peers.handshake import HandshakeError
from delivery.peers.peer_tls import PeerTls
from delivery.peers.probe import Remote
from delivery.peers.reader import LinkEndedError
from delivery.sockets.parser_log import ParserLog
from delivery.sockets.wire import Receiver, Wire

PATH = "/peer"
#: Room for the largest event, and for the other messages in its frame.
_LARGEST_FRAME_BYTES = 8 * 1024 * 1024
_READ_BUFFER_BYTES = 16 * 1024
_CLOSE_SECONDS = 1.0
#: The other side sends two messages in the handshake, and may send some more right after it. One
#: read returns as many of them as fit into the read buffer.
_MAX_WAITING = 100


class DialledWire:
    """Owns the messages that arrive before the link has a reader."""

    def __init__(self) -> None:
        self.wire = Wire(_LARGEST_FRAME_BYTES, lambda: None)
        self.wire.attach(self)
        self.remote: Remote | None = None
        """The address of the far end."""
        self._messages: asyncio.Queue[tuple[bytes, bool] | None] = asyncio.Queue(
            _MAX_WAITING + 1  # one more, for the None that marks the end
        )

    def received(self, message: bytes, *, is_text: bool) -> None:
        """Queue a message, and read no more until it is taken."""
        if self._messages.qsize() >= _MAX_WAITING:
            self.wire.cut("floods during the handshake")
            return
        self._messages.put_nowait((message, is_text))
        self.wire.pause_reading()

    def closed(self, _code: int) -> None:
        """Make `receive` raise `LinkEndedError`, because the WebSocket has ended."""
        self._messages.put_nowait(None)

    async def send(self, text: str) -> None:
        """Send a message of the handshake."""
        self.wire.send(text.encode())

    async def receive(self) -> bytes:
        """Return the next message. Raises `LinkEndedError`."""
        if self._messages.empty():
            self.wire.resume_reading()
        received = await self._messages.get()
        if received is None:
            raise LinkEndedError("the WebSocket ended during the handshake")
        return received[0]

    def pass_to(self, receiver: Receiver) -> None:
        """Pass the waiting messages, and all later ones, to this receiver.

        Raises `LinkEndedError` if the WebSocket has ended already.
        """
        self.wire.attach(receiver)
        while not self._messages.empty():
            if (received := self._messages.get_nowait()) is not None:
                receiver.received(received[0], is_text=received[1])
        if self.wire.has_ended:
            raise LinkEndedError("the WebSocket ended after the handshake")


@asynccontextmanager
async def dialled(address: str, seconds: float, tls: PeerTls) -> AsyncIterator[DialledWire]:
    """Open a WebSocket to the instance at this address, within `seconds`, and close it at the end.

    Raises `HandshakeError` if the address is not valid, or if TLS fails, for example because one
    side refuses the other's certificate. Raises `OSError`, `TimeoutError` or `LinkEndedError` for
    other failures.
    """
    connection = DialledWire()
    transport = await _open(address, connection.wire, seconds, tls)
    connection.remote = transport.underlying_transport.get_extra_info("peername")
    try:
        yield connection
    finally:
        connection.wire.close()
        try:
            with suppress(Exception):  # for example the picows error that ended the connection
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await transport.wait_disconnected()
        finally:
            transport.disconnect(graceful=False)


async def _open(address: str, wire: Wire, seconds: float, tls: PeerTls) -> WSTransport:
    try:
        url = urlsplit(_peer_url(address))
        protocol = _protocol(url, wire)
        try:
            async with asyncio.timeout(seconds):
                await _connect(url, protocol, tls)
        except BaseException:
            # Close the connection even after a cancellation. Picows' `ws_connect` leaves it open.
            if protocol.transport is not None:
                protocol.transport.disconnect(graceful=False)
            raise
    except ssl.SSLError as error:
        message = f"TLS with {address} failed: {error}; check DELIVERY_PEER_TLS_*"
        raise HandshakeError(message) from error
    except ValueError as error:
        # A member may advertise an address that a URL parser or a resolver refuses.
        message = f"the address {address} cannot be dialled: {error}"
        raise HandshakeError(message) from error
    except WSError as error:
        raise LinkEndedError(f"no WebSocket was opened: {error}") from error
    transport: WSTransport = protocol.transport
    return transport


async def _connect(url: SplitResult, protocol: Any, tls: PeerTls) -> None:
    is_secure = url.scheme == "wss"
    if not url.hostname:
        raise ValueError("it names no host")
    await asyncio.get_running_loop().create_connection(
        lambda: protocol,
        url.hostname,
        url.port or (443 if is_secure else 80),
        ssl=tls.client if is_secure else None,
        server_hostname=tls.name if is_secure else None,
    )
    await protocol.wait_until_handshake_complete()
    if protocol.transport.is_disconnected:
        # A peer that refuses our certificate says so only after the TLS handshake.
        raise LinkEndedError("the connection ended before the WebSocket was opened")


def _protocol(url: SplitResult, wire: Wire) -> Any:
    return WSProtocol(
        url.netloc,
        url.path,
        True,  # is a client
        lambda: wire,
        ParserLog(lambda: None, wire.fail),
        True,  # an exception of ours closes the connection
        None,  # `_open` limits the time of the handshake
        False,  # sends no pings: peers send beats
        0,
        0,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # `Wire` answers pings
        _LARGEST_FRAME_BYTES,
        None,  # no more headers
        _READ_BUFFER_BYTES,
    )


def _peer_url(address: str) -> str:
    parts = urlsplit(address)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + PATH, "", ""))
