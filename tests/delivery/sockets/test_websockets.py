"""How long a websocket stays, with a client that sends all the time, or nothing."""

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


async def test_however_much_comes_without_a_client_it_ends() -> None:
    assert (await Websocket(_always).receive())["type"] == "websocket.disconnect"


async def test_with_a_client_it_stays_and_without_it_ends_in_the_middle_of_waiting() -> None:
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
