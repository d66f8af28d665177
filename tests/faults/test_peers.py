"""`/peer` accepts only instances that have the peer secret."""

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from delivery.peers.handshake import from_text, hello, proof, to_text
from tests.faults.conftest import FleetOf
from tests.faults.fleet import Fleet
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.tokens import SECRET, service_token, shopper_token
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(24)]
_REFUSED_CODE = 4401


def _dial(fleet: Fleet, token: str = "") -> connect:
    url = fleet[0].url.replace("http", "ws") + "/peer"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(url, additional_headers=headers, proxy=None)


def _answer(greeting: str | bytes, secret: bytes) -> str:
    theirs, _ = from_text(greeting)
    ours = hello("0123456789abcdef", "http://127.0.0.1:9")
    return to_text(ours, [proof(secret, "dial", theirs, ours)])


async def _refused(socket: ClientConnection, *messages: str) -> bool:
    for message in messages:
        await socket.send(message)
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    return closed.value.rcvd is not None and closed.value.rcvd.code == _REFUSED_CODE


async def test_only_a_peer_that_proves_its_secret_is_accepted(fleet_of: FleetOf) -> None:
    fleet = fleet_of(1, secrets=["ours"])
    async with fleet.running(0):
        for token in (shopper_token("ana"), service_token()):
            async with _dial(fleet, token) as socket:
                await socket.recv()
                assert await _refused(socket, token)
            async with _dial(fleet, token) as socket:
                theirs, _ = from_text(await socket.recv())
                assert await _refused(socket, to_text(hello("0", theirs.address), [token]))
        for secret in (b"", b"another", SECRET.encode()):
            async with _dial(fleet) as socket:
                assert await _refused(socket, _answer(await socket.recv(), secret))
        async with _dial(fleet) as socket:
            assert await _refused(socket, str(await socket.recv()))


async def test_a_replayed_handshake_is_refused(fleet_of: FleetOf) -> None:
    fleet = fleet_of(1, secrets=["ours"])
    async with fleet.running(0):
        async with _dial(fleet) as socket:
            genuine = _answer(await socket.recv(), b"ours")
            await socket.send(genuine)
            accepted = str(await socket.recv())
            assert from_text(accepted)[1], "the instance must prove its own secret"
        for replayed in (genuine, accepted):
            async with _dial(fleet) as socket:
                await socket.recv()
                assert await _refused(socket, replayed)


async def test_users_reach_their_owner_when_instances_have_different_secrets(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(2, secrets=["one", "another"])
    load = Load(world, _USERS)
    async with fleet.running(0, 1), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            await load.rounds(8)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    for instance in fleet.instances:
        assert any(
            event["event"] == "peer link refused" and "DELIVERY_PEER_SECRET" in event["cause"]
            for event in instance.events
        )
    # Some users were connected to the owner from the start. The others had to reconnect to it.
    assert {roamer.connects for roamer in roamers} == {1, 2}
