"""The websockets beneath Socket.IO: one on which no client is connected is soon closed.

Socket.IO itself would keep it open where no client ever asks to be connected, where one is refused,
and where one ignores that it has been disconnected.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from delivery import metrics

PATH = "/socket.io"
_GRACE_SECONDS = 10.0
_SCOPE_KEY = "delivery.websocket"
#: What Engine.IO lets a client of a websocket send beside Socket.IO packets: goodbye, and pong.
_CLOSE, _PONG, _PACKET = "1", "3", "4"

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


class Websocket:
    """Owns the time at which one websocket ends; there is none while a client is connected.

    It ends in that its server is told that the client has left. No task or timer waits for it
    beside the server's own waiting for the client.
    """

    def __init__(self, receive: _Receive) -> None:
        self._receive = receive
        self._waiting: asyncio.Timeout | None = None
        self._ends_at: float | None = None
        self.vacated()

    @staticmethod
    def of(environ: dict[str, Any]) -> "Websocket":
        """The one that a `connect` handler of Socket.IO is called for."""
        websocket: Websocket = environ["asgi.scope"][_SCOPE_KEY]
        return websocket

    def occupied(self) -> None:
        """A client is connected: it may stay."""
        self._end_at(None)

    def vacated(self) -> None:
        """No client is connected (any more)."""
        self._end_at(asyncio.get_running_loop().time() + _GRACE_SECONDS)

    def end(self) -> None:
        """End now, as if the client had left: it connects anew by itself."""
        self._end_at(asyncio.get_running_loop().time())

    async def receive(self) -> _Message:
        """As ASGI's."""
        now = asyncio.get_running_loop().time()
        if self._ends_at is not None and self._ends_at <= now:
            return _left()  # however much the client sends
        try:
            async with asyncio.timeout_at(self._ends_at) as self._waiting:
                message = await self._receive()
        except TimeoutError:
            return _left()
        finally:
            self._waiting = None
        if message["type"] == "websocket.receive" and not _is_frame(message):
            metrics.MALFORMED_PACKETS.inc()
            return _left()
        return message

    def _end_at(self, time: float | None) -> None:
        self._ends_at = time
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(time)


class Websockets:
    """The ASGI application around Socket.IO's; peers' websockets are none of its business."""

    def __init__(self, app: _App) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Serve one request, or one websocket from its opening to its end."""
        if scope["type"] == "websocket" and scope["path"].startswith(PATH):
            websocket = Websocket(receive)
            await self._app({**scope, _SCOPE_KEY: websocket}, websocket.receive, send)
        else:
            await self._app(scope, receive, send)


def _left() -> _Message:
    return {"type": "websocket.disconnect", "code": 1000}


def _is_frame(message: _Message) -> bool:
    """Python-engineio would raise at others, and not learn that the client is gone."""
    text = message.get("text") or ""
    return text in (_CLOSE, _PONG) or (text[:1] == _PACKET and text[1:2].isdecimal())
