"""The Engine.IO checks of the protocol's own test suite over WebSocket (protocol revision 4).

The suite's checks of the heartbeat are in `test_heartbeat`, and those of long polling in
`test_polling`. The suite's server echoes any message. Delivery echoes nothing, so these tests use
the ack of an `auth` event as the echo.
"""

import json

import pytest

from tests.integration.delivery.conformance.raw_websocket import (
    BINARY,
    RawWebSocket,
    frame,
    request,
)
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import echoes, entered, text
from tests.services.http import http_client
from tests.services.program import Program


async def test_the_handshake_has_the_session_and_its_limits(instance: Program) -> None:
    async with RawWebSocket.opened(instance.url) as socket:
        opening = json.loads((await socket.packet()).removeprefix("0"))
    sid = opening.pop("sid")
    assert isinstance(sid, str)
    assert sid
    assert opening == {
        "upgrades": [],
        "pingInterval": 25_000,
        "pingTimeout": 20_000,
        "maxPayload": 65_536,
    }


async def test_each_session_has_its_own_id(instance: Program) -> None:
    ids = set()
    for _ in range(5):
        async with RawWebSocket.opened(instance.url) as socket:
            ids.add(json.loads((await socket.packet()).removeprefix("0"))["sid"])
    assert len(ids) == 5


@pytest.mark.parametrize(
    "query",
    [
        "transport=websocket",
        "EIO=&transport=websocket",
        "EIO=abc&transport=websocket",
        "EIO=3&transport=websocket",
        "EIO=5&transport=websocket",
        "EIO=4",
        "EIO=4&transport=",
        "EIO=4&transport=abc",
        "EIO=4&transport=polling",
        "EIO=4&transport=webtransport",
        "EIO=4&transport=websocket&sid=unknown",
        "",
    ],
)
async def test_a_wrong_version_transport_or_session_is_refused(
    instance: Program, query: str
) -> None:
    async with RawWebSocket.tcp(instance.url) as socket:
        await socket.send(request(f"/socket.io/?{query}"))
        # uvicorn answers 403 when the application refuses a WebSocket, whatever the reason.
        assert await socket.status() in (400, 403)
        assert (await socket.ended()).frames == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_the_websocket_transport_needs_a_websocket(instance: Program, method: str) -> None:
    async with http_client(instance.url) as client:
        answer = await client.request(method, "/socket.io/?EIO=4&transport=websocket")
    assert 400 <= answer.status_code < 500


async def test_a_message_is_answered_by_a_message(instance: Program, user: str) -> None:
    async with entered(instance.url, user) as socket:
        for number in (1, 0, 456, 7):
            await echoes(socket, number)


_NOT_OF_A_CLIENT = ["abc", "", "0", "2", "2probe", "5", "6", "7", "9", "4", "é", "11", "33", "b#"]


@pytest.mark.parametrize("packet", _NOT_OF_A_CLIENT)
async def test_a_packet_that_no_client_sends_ends_the_connection(
    instance: Program, user: str, packet: str
) -> None:
    before = await metric(instance, "delivery_malformed_packets_total")
    async with entered(instance.url, user) as socket:
        await socket.send(text(packet))
        assert (await socket.ended()).frames == []
    assert await metric(instance, "delivery_malformed_packets_total") == before + 1


async def test_binary_messages_end_the_connection(instance: Program, user: str) -> None:
    # The suite's server echoes them. The contract has no binary event, so delivery refuses them.
    async with entered(instance.url, user) as socket:
        await socket.send(frame(BINARY, bytes([1, 2, 3, 4])))
        assert (await socket.ended()).frames == []


async def test_a_pong_without_a_ping_is_harmless(instance: Program, user: str) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(text("3") * 10, text("3"))
        await echoes(socket)
