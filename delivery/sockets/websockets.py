"""Closes a WebSocket beneath Socket.IO if no client is connected on it for a while.

Socket.IO itself would keep it open if the client never asks to connect, if the client is refused,
or if it ignores a disconnect.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from delivery import metrics

PATH = "/socket.io"
_GRACE_SECONDS = 10.0
_SCOPE_KEY = "delivery.websocket"
#: The types of Engine.IO packets that a client may send: close, pong, and a Socket.IO packet.
_CLOSE, _PONG, _PACKET = "1", "3", "4"

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


class Websocket:
    """Owns the time at which one WebSocket ends, which is unset while a client is connected.

    Ends the socket by reporting a disconnect to Engine.IO. It needs no task or timer of its own:
    the time-out is set on the server's own wait for the client's next message.
    """

    def __init__(self, receive: _Receive) -> None:
        self._receive = receive
        self._waiting: asyncio.Timeout | None = None
        self._ends_at: float | None = None
        self.vacated()

    @staticmethod
    def of(environ: dict[str, Any]) -> "Websocket":
        """Return the WebSocket for which Socket.IO calls a `connect` handler."""
        websocket: Websocket = environ["asgi.scope"][_SCOPE_KEY]
        return websocket

    def occupied(self) -> None:
        """Keep the WebSocket open, because a client is connected."""
        self._end_at(None)

    def vacated(self) -> None:
        """End the WebSocket after a grace period, because no client is connected."""
        self._end_at(asyncio.get_running_loop().time() + _GRACE_SECONDS)

    def end(self) -> None:
        """End the WebSocket now, as if the connection had broken; the client connects again."""
        self._end_at(asyncio.get_running_loop().time())

    async def receive(self) -> _Message:
        """Return the next ASGI message, or a disconnect when the time is over."""
        now = asyncio.get_running_loop().time()
        if self._ends_at is not None and self._ends_at <= now:
            # Checked here, because the wait below never times out if the client sends constantly.
            return _disconnected()
        try:
            async with asyncio.timeout_at(self._ends_at) as self._waiting:
                message = await self._receive()
        except TimeoutError:
            return _disconnected()
        finally:
            self._waiting = None
        if message["type"] == "websocket.receive" and not _is_frame(message):
            metrics.MALFORMED_PACKETS.inc()
            return _disconnected()
        return message

    def _end_at(self, time: float | None) -> None:
        self._ends_at = time
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(time)


class Websockets:
    """The ASGI application around Socket.IO's; other paths pass through unchanged."""

    def __init__(self, app: _App) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one request, or one WebSocket from its opening to its end."""
        if scope["type"] == "websocket" and scope["path"].startswith(PATH):
            websocket = Websocket(receive)
            await self._app({**scope, _SCOPE_KEY: websocket}, websocket.receive, send)
        else:
            await self._app(scope, receive, send)


def _disconnected() -> _Message:
    return {"type": "websocket.disconnect", "code": 1000}


def _is_frame(message: _Message) -> bool:
    """Return whether python-engineio can handle the message.

    On any other message, it would raise, and would not notice when the client is gone.
    """
    text = message.get("text") or ""
    return text in (_CLOSE, _PONG) or (text[:1] == _PACKET and text[1:2].isdecimal())
