"""Thousands of subscriptions that begin or end together. They never hold up the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace as Namespace
from typing import cast

import pytest
import pytest_asyncio

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription, SubscriptionSet
from delivery.peers import peer_link, peer_server
from delivery.peers.messages import Message
from delivery.peers.own_link import OwnLink
from delivery.peers.peer_session import PeerSession
from delivery.push.catch_up import CatchUp
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from runtime.slices import Slices
from tests.delivery.loop_watched import loop_watched
from tests.delivery.peers.pair import EdgeSide, OwnerSide, until

_COUNT = 20_000
_MOST_SECONDS = 0.05
_SOCKETS = [f"socket-{number:013}" for number in range(_COUNT)]


@pytest_asyncio.fixture
async def owner(ports: Iterator[int]) -> AsyncIterator[OwnerSide]:
    """An owner whose users stay catching up, because no query to the inbox is answered."""
    side = OwnerSide(next(ports))
    side.push.driver._catch_up = cast(CatchUp, Namespace(ask=lambda *_: None))
    async with side.serving():
        yield side


@pytest.fixture
def edge(owner: OwnerSide) -> EdgeSide:
    """An edge with thousands of sockets, each of a different user."""
    side = EdgeSide(owner.address)
    for socket in _SOCKETS:
        side.join(socket, f"user of {socket}")
    return side


def _subscribed(owner: OwnerSide, count: int = _COUNT) -> Callable[[], bool]:
    return lambda: len(owner.subscribers._by_partition.get(0, {})) == count


@asynccontextmanager
async def _own_link(owner: OwnerSide) -> AsyncIterator[OwnLink]:
    """A running link of the owner to its own sockets."""
    link = OwnLink(owner.owner, owner.subscribers, owner.routes, cast(EdgePushes, None), EdgeMap())
    running = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        running.cancel()
        await asyncio.wait((running,))


async def test_neither_the_snapshot_nor_the_end_of_the_link_holds_up_the_loop(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with loop_watched() as held:
        async with edge.linked():
            await until(_subscribed(owner))
            owner.adopt(2)
            edge.map.adopt(Ownership(2, (owner.address,)))
            (session,) = owner.sessions
            await until(lambda: session._subscriptions._generation == 2)
            await until(lambda: not session._is_in_snapshot)
            assert session._subscriptions.digest == edge.link._digest
        await until(_subscribed(owner, 0))
    assert held() < _MOST_SECONDS


async def test_sockets_that_leave_together_do_not_hold_up_the_loop(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    slices = Slices()
    async with edge.linked(), loop_watched() as held:
        await until(_subscribed(owner))
        for socket in _SOCKETS[::2]:
            edge.edge.left(socket)
            await slices.step()
        await until(_subscribed(owner, _COUNT // 2))
        edge.link.subscribe_only(1, ())
        await until(_subscribed(owner, 0))
    assert held() < _MOST_SECONDS


async def test_a_partition_that_moves_does_not_hold_up_the_loop(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked(), loop_watched() as held:
        await until(_subscribed(owner))
        owner.owner.revoke(0)
        owner.subscribers.adopt(Ownership(2, ("http://elsewhere:1",)), ())
        await until(_subscribed(owner, 0))
        await until(lambda: edge.map.ownership.generation == 2)
    assert held() < _MOST_SECONDS


async def test_sockets_that_are_refused_together_do_not_hold_up_the_loop(
    owner: OwnerSide, edge: EdgeSide
) -> None:
    async with edge.linked(), loop_watched() as held:
        await until(_subscribed(owner))
        (session,) = owner.sessions
        session._subscriptions.remove(_SOCKETS[:1])
        edge.map.refused(_SOCKETS, Ownership(1, ()))
        await until(_subscribed(owner))
    assert held() < _MOST_SECONDS


async def test_sockets_at_their_own_owner_do_not_hold_up_the_loop(owner: OwnerSide) -> None:
    sockets = SubscriptionSet()
    for socket in _SOCKETS:
        sockets.add(socket, f"user of {socket}")
    async with _own_link(owner) as link, loop_watched() as held:
        link.subscribe_only(1, [sockets])
        await until(_subscribed(owner))
        link.subscribe_only(1, ())
        await until(_subscribed(owner, 0))
    assert held() < _MOST_SECONDS


async def test_a_socket_that_joins_or_leaves_during_a_snapshot_is_not_lost(
    owner: OwnerSide,
) -> None:
    """The sockets of an own link change while the link still subscribes the others."""
    sockets = SubscriptionSet()
    for socket in _SOCKETS:
        sockets.add(socket, f"user of {socket}")
    async with _own_link(owner) as link:
        link.subscribe_only(1, [sockets])
        await until(lambda: next(owner.subscribers.of_partition(0), None))
        assert not _subscribed(owner)(), "the snapshot is under way"
        sockets.discard(_SOCKETS[-1])
        link.remove(_SOCKETS[-1], lambda: None)
        sockets.add("another", "ana")
        link.add(1, Subscription("another", "ana"))
        link.subscribe_only(2, [sockets])
        await until(_subscribed(owner))
        assert owner.connections(f"user of {_SOCKETS[-1]}") == set()
        assert owner.connections() == {"own/another"}


async def test_the_link_stays_up_however_long_the_owner_takes(
    owner: OwnerSide, edge: EdgeSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence_seconds = 1.0
    monkeypatch.setattr(peer_link, "SILENCE_SECONDS", silence_seconds)
    monkeypatch.setattr(peer_server, "BEAT_SECONDS", 0.05)
    handle, may_handle = PeerSession.handle, asyncio.Event()

    async def slow(session: PeerSession, message: Message) -> None:
        await may_handle.wait()
        await handle(session, message)

    monkeypatch.setattr(PeerSession, "handle", slow)
    async with edge.linked():
        await until(lambda: owner.sessions)
        sessions = owner.sessions
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5 * silence_seconds):
                await until(lambda: owner.sessions != sessions)
        may_handle.set()
        await until(_subscribed(owner))
        assert owner.sessions == sessions
