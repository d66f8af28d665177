"""The edge's way to the owner in its own process: what is said is heard at once."""

from collections.abc import Sequence
from typing import cast

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.peers.own_link import OwnLink
from delivery.sockets.edge import Edge
from tests.delivery.push.rig import USERS, OwnerRig, Sockets, entry

_ANA, _BEN = USERS


class _Edge(Sockets):
    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[tuple[list[str], int]] = []

    def refused(self, sockets: Sequence[str], ownership: Ownership) -> None:
        self.refusals.append((list(sockets), ownership.generation))


def _linked() -> tuple[OwnerRig, _Edge, OwnLink]:
    rig, edge = OwnerRig(), _Edge()
    link = OwnLink(rig.owner, rig.subscribers, rig.routes, cast(Edge, edge))
    return rig, edge, link


def test_it_is_up_while_the_owner_serves_and_knows_whom() -> None:
    rig, _, link = _linked()
    rig.owner.serve()
    assert not link.is_up, "without a map nobody is subscribed"
    rig.owner.suspend()
    rig.adopt(1, {0})
    was_up = [link.is_up]
    for change in (rig.assign, rig.owner.suspend, rig.owner.serve):
        change()
        was_up.append(link.is_up)
    assert was_up == [False, True, False, True]


def test_what_the_owner_pushes_goes_to_the_edge() -> None:
    rig, edge, link = _linked()
    rig.adopt(1, {0})
    rig.assign(0)
    link.add(1, Subscription("s1", _ANA))
    rig.answer([one := entry()])
    assert edge.pushed == [f"s1: {one.id}"]
    ended: list[str] = []
    link.remove("s1", lambda: ended.append("s1"))
    assert ended == ["s1"]
    assert rig.owner.partitions[0].recipients == {}


def test_what_is_refused_is_told_the_edge() -> None:
    rig, edge, link = _linked()
    rig.adopt(4, {0})
    link.state(4, [Subscription("s1", _ANA), Subscription("s2", _BEN)])
    link.add(3, Subscription("s3", _BEN))
    assert edge.refusals == [(["s2"], 4), (["s3"], 4)]
    assert rig.subscribers.connections_of(0, _ANA) == {"own/s1"}
    link.state(4, [])
    assert rig.subscribers.connections_of(0, _ANA) == set()
