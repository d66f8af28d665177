"""A WebSocket stays open only as long as a Socket.IO client is connected."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from delivery.sockets import websockets
from delivery.sockets.websockets import Websocket

_PONG = {"type": "websocket.receive", "text": "3"}


async def _always() -> MutableMapping[str, Any]:
    return _PONG


async def _never() -> MutableMapping[str, Any]:
    await asyncio.Event().wait()
    return _PONG


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websockets, "_GRACE_SECONDS", 0.0)


async def test_a_websocket_without_a_client_ends_even_if_messages_arrive() -> None:
    assert (await Websocket(_always).receive())["type"] == "websocket.disconnect"


async def test_a_websocket_stays_while_a_client_is_connected_and_ends_while_waiting() -> None:
    busy, quiet = Websocket(_always), Websocket(_never)
    busy.occupied()
    assert await busy.receive() == _PONG
    quiet.occupied()
    waiting = asyncio.create_task(quiet.receive())
    await asyncio.sleep(0)
    assert not waiting.done()
    quiet.vacated()
    async with asyncio.timeout(10):
        assert (await waiting)["type"] == "websocket.disconnect"
