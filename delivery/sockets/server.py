"""The Socket.IO server, with our transports under it, and our additions to its table of clients."""

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import socketio

from delivery import metrics
from delivery.sockets.clients import Clients
from delivery.sockets.departures import Departures
from delivery.sockets.environ import environ_of
from delivery.sockets.packet import CheckedPacket
from delivery.sockets.polling_client import PollingSessions
from delivery.sockets.upgrade import UpgradedWebSocket
from delivery.sockets.websocket_client import WebSocketClient

#: The libraries log what clients do wrong as errors, some of it without limit. We count it instead,
#: and log only exceptions. Without a logger of ours, they would write plain text to standard error.
_log = logging.getLogger(__name__)
_log.addFilter(lambda record: record.exc_info is not None)
_log.setLevel(logging.ERROR)

PATH = "/socket.io"
#: Room for a token. Acknowledgements are much smaller.
_LARGEST_CLIENT_MESSAGE_BYTES = 64 * 1024
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
        #: The rooms of each client. Without this table, python-socketio would scan all rooms to
        #: find those of a client that disconnects.
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
        elif client.acknowledge(id):
            client.refund()

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Add a client to a room."""
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        if room is not None:
            self._rooms_of[sid].add(room)

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        """Remove a client from its rooms, and from the lists of clients that connect or leave."""
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
    packets_per_second: float,
) -> socketio.AsyncServer:
    """Return a server for the default namespace, over WebSocket, and long polling as a fallback."""
    server = socketio.AsyncServer(
        async_mode="asgi",
        logger=_log,
        engineio_logger=_log,
        client_manager=connections,
        serializer=CheckedPacket,
        transports=["websocket", "polling"],
        cors_allowed_origins=list(origins),
        max_http_buffer_size=_LARGEST_CLIENT_MESSAGE_BYTES,
        ping_interval=_PING_INTERVAL_SECONDS,
        ping_timeout=_PING_TIMEOUT_SECONDS,
        # Handle a client's events one by one. With a task for each event, a client could start any
        # number of tasks.
        async_handlers=False,
        monitor_clients=False,  # `WebSocketClient` and `PollingSessions` do this
    )
    _Transports(server.eio, departures, polling, packets_per_second)
    return server


class _Transports:
    """Makes python-engineio use our transports, and refuses sessions that these cannot watch."""

    def __init__(
        self,
        engine: Any,
        departures: Departures,
        polling: PollingSessions,
        packets_per_second: float,
    ) -> None:
        self._engine = engine
        self._departures = departures
        self._polling = polling
        self._packets_per_second = packets_per_second
        self._register = engine.handlers["connect"]
        engine.on("connect", self._opened)
        ours = {"translate_request": environ_of, "websocket": self._driver}
        engine._async = {**engine._async, **ours}  # noqa: SLF001 - there is no other way

    async def _opened(self, engine_sid: str, environ: dict[str, Any]) -> object:
        """Accept a new session, or return the reason for refusing it."""
        socket = self._engine.sockets[engine_sid]
        is_websocket = _is_websocket(environ)
        if is_websocket != (_transport_of(environ) == "websocket"):
            return "the transport is not the one that was asked for"
        if is_websocket:
            # With None, python-engineio starts no heartbeat task. `WebSocketClient` has its own.
            socket.last_ping = None
        elif self._polling.has_room:
            self._polling.open(socket).put_into(environ)
        else:
            return "too many sessions poll"
        return await self._register(engine_sid, environ)

    def _driver(self, handler: Any, _engine: Any) -> Callable[[dict[str, Any]], Awaitable[object]]:
        return partial(self._serve, handler)

    async def _serve(self, handler: Any, environ: dict[str, Any]) -> object:
        socket = handler.__self__
        if socket.upgrading or not _is_websocket(environ):
            refusal: object = self._engine._bad_request()  # noqa: SLF001 - its own answer
            return refusal
        if socket.connected:  # a session that polled is upgraded
            client = self._polling.client_of(socket)
            return await UpgradedWebSocket(handler, self._engine, client)(environ)
        try:
            await environ["asgi.send"]({"type": "websocket.accept"})
            limit = self._packets_per_second
            return await WebSocketClient.serve(socket, environ, self._departures, limit)
        finally:
            # If the client left before it was accepted, nothing else ends the session.
            await socket.close(wait=False, abort=True)
            self._engine.sockets.pop(socket.sid, None)


def _is_websocket(environ: dict[str, Any]) -> bool:
    return bool(environ["asgi.scope"]["type"] == "websocket")


def _transport_of(environ: dict[str, Any]) -> str:
    """Return the transport that the client asks for, as python-engineio understands the query."""
    transports: list[str] = parse_qs(environ["QUERY_STRING"]).get("transport", ["polling"])
    return transports[0]
