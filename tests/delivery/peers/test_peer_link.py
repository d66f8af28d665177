"""A link between two instances, from dialling to its end, over loopback."""

import asyncio
from collections.abc import Iterator

import pytest

from delivery.core.decision_types import Fault
from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.peers import peer_link
from delivery.peers.frames import encode
from delivery.peers.messages import SubscribeMessage
from delivery.peers.reader import LinkEndedError
from tests.delivery.peers.pair import EdgeSide, OwnerSide, closing, dialled, entry, soon, until
from tests.delivery.peers.relay import Relay


async def test_a_notification_crosses_the_link_and_its_ack_comes_back(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        user, answer = await soon(owner.questions)
        assert user == "ana"
        answer([entry("1"), entry("2")])
        socket, ids, acked = await soon(edge.outgoing.pushed)
        assert (socket, ids) == ("s1", ["1", "2"])
        values = b",".join((entry("1").value, entry("2").value))
        assert edge.clients.events == [b'["notifications",[%b]]' % values], (
            "the bytes are unchanged"
        )
        assert owner.written.empty()
        acked()
        assert await soon(owner.written) == ["1", "2"]


async def test_the_edge_emits_inbox_events_and_disconnects_for_the_owner(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        await until(owner.connections)
        (connection,) = owner.connections()
        owner.push.feed.emit_inbox(0, "ana", b'{"changed":[]}')
        owner.routes.disconnect(connection, Fault.CROWDED)
        await until(lambda: edge.outgoing.disconnected)
    assert edge.outgoing.inbox_events == [("ana", b'{"changed":[]}')]
    assert edge.outgoing.disconnected == ["s1"]
    assert edge.outgoing.faults == [Fault.CROWDED]


async def test_a_socket_that_has_left_is_unsubscribed(owner: OwnerSide, edge: EdgeSide) -> None:
    async with edge.linked():
        for socket in ("s1", "s2"):
            edge.join(socket, "ana")
        await until(lambda: len(owner.connections()) == 2)
        edge.edge.left("s1")
        await until(lambda: len(owner.connections()) == 1)
        assert owner.connections().pop().endswith("/s2")


@pytest.mark.usefixtures("beatless")
async def test_many_subscriptions_are_sent_in_parts(owner: OwnerSide, edge: EdgeSide) -> None:
    for number in range(205):
        edge.join(f"s{number}", "ana")
    async with edge.linked():
        await until(lambda: len(owner.connections()) == 205)
        assert owner.sessions[0]._subscriptions.digest == edge.link._digest


@pytest.mark.usefixtures("quick")
async def test_subscriptions_end_with_the_link_and_are_sent_again_on_the_next(
    ports: Iterator[int],
) -> None:
    owner = OwnerSide(next(ports))
    edge = EdgeSide(owner.address)
    edge.join("s1", "ana")
    async with edge.linked():
        async with owner.serving():
            _, answer = await soon(owner.questions)
            answer([entry("1")])
            await soon(edge.outgoing.pushed)
            assert edge.link.is_up
        await until(lambda: not owner.connections())
        await until(lambda: not edge.link.is_up)
        assert not owner.sessions
        edge.join("s2", "ana")
        async with owner.serving():
            await until(lambda: len(owner.connections()) == 2)
            assert (await soon(owner.questions))[0] == "ana", "a new subscription catches up"


@pytest.mark.usefixtures("beatless")
async def test_a_drained_socket_is_closed_after_its_owner_has_unsubscribed_it(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    known_at_close: list[set[str]] = []
    edge.join("s1", "ana", lambda: known_at_close.append(owner.connections()))
    async with edge.linked():
        await until(owner.connections)
        await edge.edge.drain(0)
        await until(lambda: known_at_close)
    assert known_at_close == [set()]


@pytest.mark.usefixtures("quick")
async def test_a_drained_socket_is_closed_even_if_its_owner_is_out_of_reach(
    ports: Iterator[int],
) -> None:
    port = next(ports)
    relay = Relay(next(ports), port)
    owner = OwnerSide(port, relay.address)
    edge = EdgeSide(relay.address)
    closed = asyncio.Event()
    edge.join("s1", "ana", closed.set)
    async with owner.serving(), relay.running(), edge.linked():
        await until(owner.connections)
        relay.cut("to_owner")
        await edge.edge.drain(0)
        assert not closed.is_set(), "the owner may still confirm the unsubscription"
        async with asyncio.timeout(10):
            await closed.wait()


@pytest.mark.parametrize("directions", [("to_owner",), ("to_edge",), ("to_owner", "to_edge")])
@pytest.mark.usefixtures("quick")
async def test_silence_in_either_direction_ends_the_link_on_both_sides(
    directions: tuple[str, ...], ports: Iterator[int]
) -> None:
    port = next(ports)
    relay = Relay(next(ports), port)
    owner = OwnerSide(port, relay.address)
    edge = EdgeSide(relay.address)
    edge.join("s1", "ana")
    async with owner.serving(), relay.running(), edge.linked():
        await until(owner.connections)
        before = owner.sessions
        relay.cut(*directions)
        await until(lambda: owner.sessions and owner.sessions != before)
        assert before[0] not in owner.sessions
        await until(lambda: len(owner.connections()) == 1)
        await until(lambda: edge.link.is_up)


@pytest.mark.usefixtures("quick")
async def test_a_link_without_beats_is_closed(owner: OwnerSide) -> None:
    async with dialled(owner) as socket:
        await socket.send(encode(SubscribeMessage(1, [Subscription("s1", "ana")])))
        await until(owner.connections)
        assert await closing(socket) == 1000
    assert not owner.connections()


@pytest.mark.usefixtures("quick")
async def test_beats_alone_keep_a_link_up(owner: OwnerSide, edge: EdgeSide) -> None:
    async with edge.linked():
        await until(lambda: owner.sessions)
        before = owner.sessions
        await asyncio.sleep(1)  # more than twice the allowed silence
        assert owner.sessions == before
        assert edge.link.is_up


@pytest.mark.usefixtures("quick")
async def test_a_beat_repairs_a_lost_or_extra_subscription(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        _, answer = await soon(owner.questions)
        answer([])
        (session,) = owner.sessions
        session._subscriptions.remove(("s1",))
        await soon(owner.questions)
        assert len(owner.connections()) == 1
        session._subscriptions.add(1, [Subscription("of nobody", "ana")])
        await until(lambda: len(owner.connections()) == 1)


@pytest.mark.usefixtures("quick")
async def test_a_beat_brings_an_edge_the_map_that_it_missed(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked():
        edge.join("s1", "ana")
        await until(owner.connections)
        owner.adopt(5)
        await until(lambda: edge.map.ownership.generation == 5)
        assert len(owner.connections()) == 1


async def test_a_socket_whose_partition_moved_is_refused_with_the_newer_map(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    newer = Ownership(2, ("http://elsewhere:1",))
    owner.subscribers.adopt(newer, ())
    edge.join("s1", "ana")
    async with edge.linked():
        await until(lambda: edge.map.ownership == newer)
        assert not owner.connections()


async def test_an_owner_that_can_never_be_dialled_does_not_end_the_link(
    edge: EdgeSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0

    def dialled(*_: object) -> None:
        nonlocal failures
        failures += 1
        raise LinkEndedError("no route")

    monkeypatch.setattr(peer_link, "dialled", dialled)
    monkeypatch.setattr(peer_link, "_MAX_RETRY_SECONDS", 0.0)
    async with edge.linked() as link:
        await until(lambda: failures > 1_100 or link.done())
        assert not link.done()
