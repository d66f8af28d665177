"""Closes a WebSocket if no Socket.IO client has been connected over it for a while.

Socket.IO itself would keep the WebSocket open if the client never asks to connect, if the server
refuses the client, or if the client ignores a disconnect.
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
    """Owns the time at which one WebSocket ends. That time is None while a client is connected.

    Ends the WebSocket by reporting a disconnect to Engine.IO. This needs no task or timer, because
    the wait for the client's next message ends at that time.
    """

    def __init__(self, receive: _Receive) -> None:
        self._receive = receive
        self._timeout: asyncio.Timeout | None = None
        self._ends_at: float | None = None
        self.vacated()

    @staticmethod
    def of(environ: dict[str, Any]) -> "Websocket":
        """Return the WebSocket from the `environ` of a Socket.IO `connect` handler."""
        websocket: Websocket = environ["asgi.scope"][_SCOPE_KEY]
        return websocket

    def occupied(self) -> None:
        """Keep the WebSocket open, because a client is connected."""
        self._end_at(None)

    def vacated(self) -> None:
        """End the WebSocket after a grace period, unless a client connects."""
        self._end_at(asyncio.get_running_loop().time() + _GRACE_SECONDS)

    def end(self) -> None:
        """End the WebSocket now as if the connection had broken, so that the client reconnects."""
        self._end_at(asyncio.get_running_loop().time())

    async def receive(self) -> _Message:
        """Return the next ASGI message, or a disconnect once the time to end has come."""
        now = asyncio.get_running_loop().time()
        if self._ends_at is not None and self._ends_at <= now:
            # Check here, because the wait below never times out if the client sends constantly.
            return _disconnected()
        try:
            async with asyncio.timeout_at(self._ends_at) as self._timeout:
                message = await self._receive()
        except TimeoutError:
            return _disconnected()
        finally:
            self._timeout = None
        if message["type"] == "websocket.receive" and not _is_frame(message):
            metrics.MALFORMED_PACKETS.inc()
            return _disconnected()
        return message

    def _end_at(self, time: float | None) -> None:
        self._ends_at = time
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(time)


class Websockets:
    """ASGI middleware that gives each Socket.IO connection a `Websocket`."""

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

    For any other message, python-engineio raises and no longer notices a disconnect.
    """
    text = message.get("text") or ""
    return text in (_CLOSE, _PONG) or (text[:1] == _PACKET and text[1:2].isdecimal())
