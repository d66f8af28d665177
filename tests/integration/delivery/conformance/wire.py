"""Engine.IO and Socket.IO by hand, over a raw WebSocket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.delivery.conformance.raw_websocket import (
    TEXT,
    RawWebSocket,
    frame,
)
from tests.services.tokens import shopper_token


def text(packet: str, *, fin: bool = True) -> bytes:
    """Return the bytes of a text frame."""
    return frame(TEXT, packet.encode(), fin=fin)


def connect_packet(user: str) -> str:
    """Return the packet that connects this user to the default namespace."""
    return "40" + json.dumps({"token": shopper_token(user)})


@asynccontextmanager
async def engine(url: str, *, buffer: int | None = None) -> AsyncIterator[RawWebSocket]:
    """Open an Engine.IO session, without a Socket.IO connection."""
    async with RawWebSocket.opened(url, buffer=buffer) as socket:
        assert (await socket.packet()).startswith("0{")
        yield socket


@asynccontextmanager
async def entered(url: str, user: str, *, buffer: int | None = None) -> AsyncIterator[RawWebSocket]:
    """Connect this user to the default namespace."""
    async with engine(url, buffer=buffer) as socket:
        await enter(socket, user)
        yield socket


async def enter(socket: RawWebSocket, user: str) -> None:
    """Connect this user over an Engine.IO session."""
    await socket.send(text(connect_packet(user)))
    assert (await socket.packet()).startswith('40{"sid":')


def echo_packet(number: int = 7) -> str:
    """Return an `auth` event without a token. The server answers it and changes nothing."""
    return f'42{number}["auth",{{}}]'


async def echoes(socket: RawWebSocket, number: int = 7, *, sent: bool = False) -> None:
    """Check that the server still answers this client: send an event, and wait for its ack.

    With `sent`, the caller has sent an `echo_packet`. Only wait for its ack.
    """
    if not sent:
        await socket.send(text(echo_packet(number)))
    packet = await socket.packet()
    assert packet.startswith(f'43{number}[{{"ok":false'), packet


async def pushed(socket: RawWebSocket) -> tuple[str, list[dict[str, Any]]]:
    """Wait for a `notifications` event. Return the id for its ack, and the notifications."""
    packet = await socket.packet()
    id_end = packet.index("[")
    assert packet.startswith("42")
    name, items = json.loads(packet[id_end:])
    assert name == "notifications"
    return packet[2:id_end], items
