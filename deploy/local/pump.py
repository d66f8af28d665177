"""Hands the frames of one connection on, both ways, and its end as well."""

import asyncio
import logging
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

_log = logging.getLogger(__name__)

_SEND_SECONDS = 30.0
_CLOSE_SECONDS = 2.0
_NOT_SENDABLE = frozenset({CloseCode.NO_STATUS_RCVD, CloseCode.ABNORMAL_CLOSURE})


async def pump(client: WebSocket, instance: ClientConnection) -> None:
    """Until both sides are closed, each with the other's code and reason.

    A frame is read only when the one before has been taken, so that a slow side slows the other.
    It ends at once, without a close, when a side takes nothing for 30 s: the caller drops both.
    """
    try:
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(_upwards(client, instance))
            pumps.create_task(_downwards(client, instance))
    except* TimeoutError:
        _log.warning("a connection was dropped: one side takes nothing any more")


async def _upwards(client: WebSocket, instance: ClientConnection) -> None:
    while (message := await client.receive())["type"] == "websocket.receive":
        text = message.get("text")
        # A closed instance is told by `_downwards`, once all that it sent has been handed on.
        with suppress(ConnectionClosed):
            async with asyncio.timeout(_SEND_SECONDS):
                await instance.send(message["bytes"] if text is None else text)
    code = message["code"]
    async with asyncio.timeout(_CLOSE_SECONDS):
        await instance.close(
            CloseCode.GOING_AWAY if code in _NOT_SENDABLE else code, message.get("reason") or ""
        )


async def _downwards(client: WebSocket, instance: ClientConnection) -> None:
    # A client that has gone is told by `_upwards`, once all that it sent has been handed on.
    with suppress(WebSocketDisconnect):
        try:
            while True:
                data = await instance.recv()
                async with asyncio.timeout(_SEND_SECONDS):
                    if isinstance(data, str):
                        await client.send_text(data)
                    else:
                        await client.send_bytes(data)
        except ConnectionClosed as end:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await client.close(*_told(end))


def _told(end: ConnectionClosed) -> tuple[int, str]:
    """What the client is told of the instance's end."""
    if end.rcvd is None:
        return CloseCode.BAD_GATEWAY, "the instance is gone"
    if end.rcvd.code in _NOT_SENDABLE:
        return CloseCode.NORMAL_CLOSURE, ""
    return end.rcvd.code, end.rcvd.reason
