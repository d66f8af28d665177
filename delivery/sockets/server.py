"""The Socket.IO server, with our transports under it, and our additions to its table of clients."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import socketio
from engineio.async_drivers.asgi import WebSocket
from engineio.payload import Payload

from delivery import metrics
from delivery.sockets.clients import Clients
from delivery.sockets.departures import Departures
from delivery.sockets.packet import CheckedPacket
from delivery.sockets.polling_client import PollingSessions
from delivery.sockets.websocket_client import WebSocketClient

PATH = "/socket.io"
#: Room for a token. Acknowledgements are much smaller.
_LARGEST_CLIENT_MESSAGE_BYTES = 64 * 1024
#: How many packets a client may post at once when it polls. Python-engineio's default is 16.
_MAX_POSTED_PACKETS = 100
_PING_INTERVAL_SECONDS = 25
_PING_TIMEOUT_SECONDS = 20


class Connections(socketio.AsyncManager):  # type: ignore[misc] # python-socketio has no types
    """Python-socketio's own table of connections, which also reports when a client can receive.

    Python-socketio runs a `connect` handler before it confirms the connection to the client. An
    event that the handler pushed would arrive too early, and the client would drop it.
    """

    def __init__(self, clients: Clients) -> None:
        super().__init__()
        self._clients = clients
        self._when_connected: dict[str, Callable[[], None]] = {}
        #: Python-socketio scans all rooms to find those of a client that disconnects.
        self._rooms_of: defaultdict[str, set[str]] = defaultdict(set)

    def when_connected(self, sid: str, then: Callable[[], None]) -> None:
        """Call `then` once the connection is confirmed to the client."""
        self._when_connected[sid] = then

    async def connect(self, sid: str, namespace: str) -> None:
        """Register a client to which the connection has been confirmed."""
        await super().connect(sid, namespace)
        if then := self._when_connected.pop(sid, None):
            then()

    async def disconnect(self, sid: str, namespace: str, **options: Any) -> None:
        """Forget a client, even if it left before the connection was confirmed."""
        self._when_connected.pop(sid, None)
        await super().disconnect(sid, namespace, **options)

    async def trigger_callback(self, sid: str, id: int, _data: Any) -> None:  # noqa: A002
        """Handle an ack that python-socketio has parsed: it has arguments, or came by polling."""
        client = self._clients.get(sid)
        if client is None or not isinstance(id, int):
            metrics.UNKNOWN_ACKS.inc()
        else:
            client.acknowledge(id)

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Add a client to a room."""
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        if room is not None:
            self._rooms_of[sid].add(room)

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        """Remove a client from its rooms, and from the lists of those who come and go."""
        for room in (*self._rooms_of.pop(sid, ()), None):
            self.basic_leave_room(sid, namespace, room)
        for pending in (self.pending_connect, self.pending_disconnect):
            sids = pending.get(namespace, [])
            if sid in sids:
                sids.remove(sid)
            if not sids:
                pending.pop(namespace, None)


def make_server(
    connections: Connections,
    departures: Departures,
    polling: PollingSessions,
    origins: Sequence[str],
) -> socketio.AsyncServer:
    """Return a server for the default namespace, over WebSocket, and long polling as a fallback."""
    Payload.max_decode_packets = _MAX_POSTED_PACKETS
    server = socketio.AsyncServer(
        async_mode="asgi",
        client_manager=connections,
        serializer=CheckedPacket,
        transports=["websocket", "polling"],
        cors_allowed_origins=list(origins),
        max_http_buffer_size=_LARGEST_CLIENT_MESSAGE_BYTES,
        ping_interval=_PING_INTERVAL_SECONDS,
        ping_timeout=_PING_TIMEOUT_SECONDS,
        monitor_clients=False,  # `WebSocketClient` and `PollingSessions` do
    )
    _use_our_transports(server, departures, polling)
    return server


def _use_our_transports(
    server: socketio.AsyncServer, departures: Departures, polling: PollingSessions
) -> None:
    engine = server.eio
    register = engine.handlers["connect"]

    async def opened(engine_sid: str, environ: dict[str, Any]) -> object:
        socket = engine.sockets[engine_sid]
        if environ["asgi.scope"]["type"] == "websocket":
            # Without this time, python-engineio starts no task for heartbeats.
            socket.last_ping = None
        elif polling.has_room:
            polling.open(socket).put_into(environ)
        else:
            return "too many sessions poll"
        return await register(engine_sid, environ)

    async def serve(handler: Any, server: Any, environ: dict[str, Any]) -> object:
        if handler.__self__.connected:  # a session that polled is upgraded
            return await WebSocket(handler, server)(environ)
        await environ["asgi.send"]({"type": "websocket.accept"})
        return await WebSocketClient.serve(handler.__self__, environ, departures)

    def driver(handler: Any, server: Any) -> Callable[[dict[str, Any]], Awaitable[object]]:
        return partial(serve, handler, server)

    engine.on("connect", opened)
    engine._async = {**engine._async, "websocket": driver}  # noqa: SLF001 - there is no other way
