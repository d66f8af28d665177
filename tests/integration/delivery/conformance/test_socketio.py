"""The Socket.IO checks of the protocol's own test suite (protocol revision 5), over WebSocket.

The suite's server has a second namespace and echoes messages. Delivery has neither: the tests use
an `auth` event as the echo, and expect a refusal for any namespace but the default one. The suite
requires that malformed packets end the connection. Delivery counts them and keeps the connection,
except for packets that are not Socket.IO packets at all.
"""

import json

import pytest

from tests.integration.delivery.conformance.raw_websocket import BINARY, frame
from tests.integration.delivery.conformance.server_side import metric
from tests.integration.delivery.conformance.wire import (
    connect_packet,
    echo_packet,
    echoes,
    engine,
    enter,
    entered,
    pushed,
    text,
)
from tests.services.program import Program
from tests.services.tokens import shopper_token
from tests.services.world import World

_NO_TOKEN = (
    '44{"message":"a token is needed: connect with auth {token}",'
    '"data":{"code":"token_missing","retryable":false}}'
)
_TWO_ATTACHMENTS = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'


async def test_a_connection_to_the_default_namespace_has_an_id(
    instance: Program, user: str
) -> None:
    ids = set()
    for packet in (connect_packet(user), connect_packet(user).replace("40", "40/,", 1)):
        async with engine(instance.url) as socket:
            await socket.send(text(packet))
            answer = (await socket.packet()).removeprefix("40")
            handshake = json.loads(answer)
            assert list(handshake) == ["sid"]
            assert isinstance(handshake["sid"], str)
            ids.add(handshake["sid"])
            await echoes(socket)
    assert len(ids) == 2


@pytest.mark.parametrize("packet", ["40", "40{}", "40[]", '40"x"', '40{"token":5}', "40/,"])
async def test_a_connection_without_a_token_is_refused(instance: Program, packet: str) -> None:
    async with engine(instance.url) as socket:
        await socket.send(text(packet))
        assert await socket.packet() == _NO_TOKEN


async def test_a_connection_with_a_bad_token_is_refused_and_may_be_tried_again(
    instance: Program, user: str
) -> None:
    async with engine(instance.url) as socket:
        await socket.send(text('40{"token":"abc"}'))
        refusal = await socket.packet()
        assert refusal.startswith('44{"message":"the token is not valid')
        await enter(socket, user)
        await echoes(socket)


@pytest.mark.parametrize("namespace", ["/custom", "/random", "/a/b", "/é"])
async def test_an_unknown_namespace_is_refused(
    instance: Program, user: str, namespace: str
) -> None:
    token = json.dumps({"token": shopper_token(user)})
    async with engine(instance.url) as socket:
        for packet in (f"40{namespace}", f"40{namespace},", f"40{namespace}?a=b,{token}"):
            await socket.send(text(packet))
            assert await socket.packet() == f'44{namespace},"Unable to connect"'
        await enter(socket, user)
        # An event or a disconnect of another namespace does not reach the default one.
        await socket.send(text(f'42{namespace},9["auth",{token}]'), text(f"41{namespace}"))
        await socket.send(text(f"41{namespace},"))
        await echoes(socket)


async def test_an_invalid_handshake_ends_the_connection(instance: Program) -> None:
    async with engine(instance.url) as socket:
        await socket.send(text("4abc"))
        assert (await socket.ended()).frames == []


async def test_a_second_connect_on_one_session_is_refused_and_harmless(
    instance: Program, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(text(connect_packet("somebody-else")))
        assert await socket.packet() == '44"Unable to connect"'
        assert await metric(instance, "delivery_connections") == 1
        await echoes(socket)


async def test_a_session_may_disconnect_and_connect_again(
    instance: Program, shared_world: World, user: str
) -> None:
    async with entered(instance.url, user) as socket:
        await socket.send(text("41"), text(echo_packet()))
        await enter(socket, user)  # the event after the disconnect got no answer
        assert await metric(instance, "delivery_connections") == 1
        created = await shared_world.create(user)
        number, items = await pushed(socket)
        assert [item["id"] for item in items] == created
        await socket.send(text(f"43{number}[]"))
        await shared_world.all_delivered(created)


async def test_packets_before_the_connect_are_harmless(instance: Program, user: str) -> None:
    async with engine(instance.url) as socket:
        await socket.send(text(echo_packet()), text("41"), text("431[]"), text("41/custom"))
        await enter(socket, user)
        await echoes(socket)


async def test_an_event_is_answered_with_its_own_ack_id(instance: Program, user: str) -> None:
    token = shopper_token(user)
    async with entered(instance.url, user) as socket:
        for number in ("0", "456", "9" * 18):
            await socket.send(text(f'42{number}["auth",{{"token":"{token}"}},1,"2",{{"3":[0]}}]'))
            assert await socket.packet() == f'43{number}[{{"ok":true}}]'
        # Events without an id, and events that delivery does not know, get no answer.
        await socket.send(text(f'42["auth",{{"token":"{token}"}}]'))
        await socket.send(text('42["message",1,"2",{"3":[true]}]'), text('428["message"]'))
        await echoes(socket)


@pytest.mark.parametrize(
    "packet",
    [
        "42{}",
        "42",
        "42[]",
        "42[1]",
        '42abc["auth",{}]',
        '42-1["auth",{}]',
        '42["auth"',
        "42" + "9" * 5_000 + '["auth",{}]',
        "40abc",
        "44",
        '44{"message":"refused"}',
        "45",
        "46",
        "47",
        "49",
        f'452-["auth",{_TWO_ATTACHMENTS}',
        f'452-789["auth",{_TWO_ATTACHMENTS}',
        f"461-1[{_TWO_ATTACHMENTS}",
        '45999999999999-["auth"]',
    ],
)
async def test_a_malformed_packet_is_counted_and_harmless(
    instance: Program, user: str, packet: str
) -> None:
    before = await metric(instance, "delivery_malformed_packets_total")
    async with entered(instance.url, user) as socket:
        await socket.send(text(packet))
        await echoes(socket)
        assert await metric(instance, "delivery_malformed_packets_total") == before + 1


@pytest.mark.parametrize("number", ["", "789"])
async def test_a_binary_event_is_dropped_and_its_attachment_ends_the_connection(
    instance: Program, user: str, number: str
) -> None:
    # The suite's server echoes binary events. The contract has none, and our clients send none.
    async with entered(instance.url, user) as socket:
        await socket.send(text(f'452-{number}["auth",{_TWO_ATTACHMENTS}'))
        await echoes(socket)
        await socket.send(frame(BINARY, bytes([1, 2, 3])), frame(BINARY, bytes([4, 5, 6])))
        assert (await socket.ended()).frames == []
