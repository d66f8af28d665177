"""The Socket.IO server, extended at the points that python-socketio provides."""

from collections.abc import Callable, Sequence
from typing import Any

import socketio

from delivery import metrics
from delivery.sockets.packet import CheckedPacket

#: Room for a token. Acknowledgements are much smaller.
_LARGEST_CLIENT_MESSAGE_BYTES = 64 * 1024
#: Far more than a socket has outstanding at a time.
_UNANSWERED_PUSHES = 100
_PING_INTERVAL_SECONDS = 25
_PING_TIMEOUT_SECONDS = 20


class Connections(socketio.AsyncManager):  # type: ignore[misc] # python-socketio has no types
    """Python-socketio's own table of clients, which also reports when a client can receive.

    A `connect` handler runs before the client is told that it is connected. If the handler pushed
    anything, it would arrive too early, and the client would drop it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._when_connected: dict[str, Callable[[], None]] = {}

    def when_connected(self, sid: str, then: Callable[[], None]) -> None:
        """Call `then` once the client has been told that it is connected."""
        self._when_connected[sid] = then

    async def connect(self, sid: str, namespace: str) -> None:
        """Register a client that has been told that it is connected."""
        await super().connect(sid, namespace)
        if then := self._when_connected.pop(sid, None):
            then()

    async def disconnect(self, sid: str, namespace: str, **options: Any) -> None:
        """Forget a client, even one that left before it was told that it is connected."""
        self._when_connected.pop(sid, None)
        await super().disconnect(sid, namespace, **options)

    async def trigger_callback(self, sid: str, id: int, _data: Any) -> None:  # noqa: A002
        """Handle an acknowledgement; count it if it belongs to no push that awaits one."""
        # Python-socketio keeps its counter of ids under the id 0; the first push has the id 1.
        if id == 0 or id not in self.callbacks.get(sid, ()):
            metrics.UNKNOWN_ACKS.inc()
            return
        # A client may add arguments to its acknowledgement. They are ignored.
        await super().trigger_callback(sid, id, [])
        self._forget_unanswered(sid)

    def _forget_unanswered(self, sid: str) -> None:
        # A client that acknowledges one event and never the next would make the table grow
        # without end.
        pushes = self.callbacks.get(sid, {})
        for number in list(pushes)[1:-_UNANSWERED_PUSHES]:  # The first is the counter.
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
