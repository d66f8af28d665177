"""The Socket.IO server, extended at the points that python-socketio provides."""

from collections.abc import Callable, Sequence
from typing import Any

import socketio

from delivery import metrics
from delivery.sockets.packet import CheckedPacket

#: Room for a token. Acknowledgements are much smaller.
_LARGEST_CLIENT_MESSAGE_BYTES = 64 * 1024
#: Far more pushes than a socket has outstanding at a time.
_MAX_UNANSWERED_PUSHES = 100
_PING_INTERVAL_SECONDS = 25
_PING_TIMEOUT_SECONDS = 20


class Connections(socketio.AsyncManager):  # type: ignore[misc] # python-socketio has no types
    """Python-socketio's own table of clients, which also reports when a client can receive.

    Python-socketio runs a `connect` handler before it confirms the connection to the client. An
    event that the handler pushed would arrive too early, and the client would drop it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._when_connected: dict[str, Callable[[], None]] = {}

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
        """Handle an ack; if no push awaits it, only count it as unknown."""
        # Python-socketio keeps its counter of ids under the id 0; the first push has the id 1.
        if id == 0 or id not in self.callbacks.get(sid, ()):
            metrics.UNKNOWN_ACKS.inc()
            return
        # Ignore the arguments that a client may add to its ack.
        await super().trigger_callback(sid, id, [])
        self._forget_unanswered(sid)

    def _forget_unanswered(self, sid: str) -> None:
        # The table keeps a callback for every event that the client skips. Drop the oldest, or the
        # table would grow until the client disconnects.
        pushes = self.callbacks.get(sid, {})
        for number in list(pushes)[1:-_MAX_UNANSWERED_PUSHES]:  # The first is the counter.
            del pushes[number]


def make_server(connections: Connections, origins: Sequence[str]) -> socketio.AsyncServer:
    """Return a server for the default namespace, over WebSocket only."""
    return socketio.AsyncServer(
        async_mode="asgi",
        client_manager=connections,
        serializer=CheckedPacket,
        transports=["websocket"],
        cors_allowed_origins=list(origins),
        max_http_buffer_size=_LARGEST_CLIENT_MESSAGE_BYTES,
        ping_interval=_PING_INTERVAL_SECONDS,
        ping_timeout=_PING_TIMEOUT_SECONDS,
    )
