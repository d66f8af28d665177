"""Heartbeats and coordinator look-ups get a short time limit, and other requests a long one."""

import asyncio
from types import SimpleNamespace as Namespace
from typing import Any

import pytest
from aiokafka.client import ConnectionGroup
from aiokafka.errors import RequestTimedOutError
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest, SyncGroupRequest

from delivery.consume import short_requests
from delivery.consume.short_requests import limit_small_requests

_GROUP = ConnectionGroup.COORDINATION


def _client(seconds: float, closed: list[object], connects: float = 0) -> Any:
    async def send(_node: int, _request: object, **_group: object) -> str:
        await asyncio.sleep(seconds)
        return "answer"

    connection = Namespace(
        close=lambda *, reason: closed.append(reason), connected=lambda: client.is_connected
    )

    async def ready(_node: int, **_group: object) -> bool:
        await asyncio.sleep(client.connects)
        return True

    client: Any = Namespace(
        send=send,
        ready=ready,
        connects=connects,
        is_connected=False,
        _conns={(1, _GROUP): connection},
    )
    return client


@pytest.mark.parametrize(
    "request_", [HeartbeatRequest("g", 1, "m"), FindCoordinatorRequest("g", 0)], ids=["h", "f"]
)
async def test_a_small_request_fails_soon_and_ends_its_connection(
    request_: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_requests, "_SECONDS", 0.05)
    closed: list[object] = []
    client = _client(10, closed)
    limit_small_requests(client)
    with pytest.raises(RequestTimedOutError):
        await client.send(1, request_, group=_GROUP)
    assert len(closed) == 1


@pytest.mark.parametrize(
    "request_",
    [SyncGroupRequest("g", 1, "m", "", []), FetchRequest(0, 1, 1, 0, [])],
    ids=["s", "f"],
)
async def test_other_requests_take_their_time(
    request_: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_requests, "_SECONDS", 0.01)
    client = _client(0.1, [])
    limit_small_requests(client)
    assert await client.send(1, request_, group=_GROUP) == "answer"


@pytest.mark.parametrize(("seconds", "is_ready"), [(0.01, True), (10, False)])
async def test_a_broker_that_does_not_connect_soon_is_not_ready(
    seconds: float, is_ready: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_requests, "_CONNECT_SECONDS", 0.2)
    client = _client(0, [], connects=seconds)
    limit_small_requests(client)
    assert await client.ready(1, group=_GROUP) is is_ready


async def test_a_broker_that_always_connects_slowly_is_ready_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(short_requests, "_CONNECT_SECONDS", 0.02)
    client = _client(0, [], connects=0.1)
    limit_small_requests(client)
    # Each attempt opens a new connection. After three slow ones, the limit is longer. It stays so
    # after a slow success, because the next attempt may be slow, too.
    attempts = [await client.ready(1, group=_GROUP) for _ in range(5)]
    assert attempts == [False, False, False, True, True]
    assert not await client.ready(1)  # slow attempts count for their own connection only
    # A probe (of group 2) always has the short limit.
    assert not any([await client.ready(1, group=2) for _ in range(4)])
    client.is_connected = True
    assert await client.ready(1, group=_GROUP)  # connected already, so the limit stays longer
    client.is_connected = False
    assert await client.ready(1, group=_GROUP)
    client.connects = 0
    assert await client.ready(1, group=_GROUP)
    client.connects = 0.1
    assert not await client.ready(1, group=_GROUP)


async def test_connecting_leaves_a_small_request_its_own_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(short_requests, "_SECONDS", 0.05)
    client = _client(0, [], connects=0.2)
    limit_small_requests(client)
    assert await client.send(1, HeartbeatRequest("g", 1, "m"), group=_GROUP) == "answer"
