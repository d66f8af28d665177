"""The link to the owner in the same process, over which calls take effect at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription, SubscriptionSet
from delivery.peers.own_link import OwnLink
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.edge_pushes import EdgePushes
from tests.delivery.peers.pair import until
from tests.delivery.push.rig import USERS, OwnerRig, Sockets, entry

_ANA, _BEN = USERS


class _Map:
    def __init__(self) -> None:
        self.refusals: list[tuple[list[str], int]] = []

    def refused(self, sockets: Sequence[str], ownership: Ownership) -> None:
        self.refusals.append((list(sockets), ownership.generation))


def _linked() -> tuple[OwnerRig, Sockets, _Map, OwnLink]:
    rig, sockets, refusing = OwnerRig(), Sockets(), _Map()
    pushes, edge_map = cast(EdgePushes, sockets), cast(EdgeMap, refusing)
    link = OwnLink(rig.owner, rig.subscribers, rig.routes, pushes, edge_map)
    return rig, sockets, refusing, link


@asynccontextmanager
async def _running(link: OwnLink) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    yield
    task.cancel()
    await asyncio.wait((task,))


def test_the_link_is_up_while_the_owner_serves_and_has_a_map() -> None:
    rig, _, _, link = _linked()
    rig.owner.serve()
    assert not link.is_up, "without a map no socket can be subscribed"
    rig.owner.suspend()
    rig.adopt(1, {0})
    was_up = [link.is_up]
    for change in (rig.assign, rig.owner.suspend, rig.owner.serve):
        change()
        was_up.append(link.is_up)
    assert was_up == [False, True, False, True]


def test_pushes_of_the_owner_reach_the_edge() -> None:
    rig, sockets, _, link = _linked()
    rig.adopt(1, {0})
    rig.assign(0)
    link.add(1, Subscription("s1", _ANA))
    rig.answer([owed := entry()])
    assert sockets.pushed == [f"s1: {owed.id}"]
    ended: list[str] = []
    link.remove("s1", lambda: ended.append("s1"))
    assert ended == ["s1"]
    assert rig.owner.partitions[0].recipients == {}


async def test_a_map_that_the_edge_has_first_makes_nobody_absent() -> None:
    rig, _, _, link = _linked()
    rig.adopt(1, {0})
    rig.assign(0)
    link.add(1, Subscription("s1", _ANA))
    rig.answer()
    async with _running(link):
        rig.feed(_ANA)
        rig.owner.suspend()
        # A peer has sent map 2, in which another instance owns ana's partition.
        link.subscribe_only(2, [])
        await until(lambda: rig.subscribers.connections_of(0, _ANA) == ())
    assert rig.owner.partitions[0].tracker.in_flight == 1, "the next owner reads it again"
    assert not rig.receipts.oldest(1)


async def test_refusals_are_reported_to_the_map_of_the_edge() -> None:
    rig, _, refusing, link = _linked()
    rig.adopt(4, {0})
    listed = SubscriptionSet()
    listed.add("s1", _ANA)
    listed.add("s2", _BEN)
    async with _running(link):
        link.subscribe_only(4, [listed])
        await until(lambda: refusing.refusals)
        link.add(3, Subscription("s3", _BEN))
        assert refusing.refusals == [(["s2"], 4), (["s3"], 4)]
        assert rig.subscribers.connections_of(0, _ANA) == ("own/s1",)
        link.subscribe_only(4, [])
        await until(lambda: rig.subscribers.connections_of(0, _ANA) == ())
