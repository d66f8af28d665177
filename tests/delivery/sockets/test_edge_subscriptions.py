"""The edge subscribes each socket at the owner of its user's partition."""

import asyncio

import pytest

from delivery.core.ownership import Ownership
from delivery.sockets import edge_map
from tests.delivery.sockets.rig import ANA, BEN, A, B, EdgeRig


def test_a_socket_is_subscribed_at_the_owner_of_the_partition_of_its_user() -> None:
    rig = EdgeRig()
    assert rig.links.to(A).subscribed == {"of ana": ANA}
    assert rig.links.to(B).subscribed == {"of ben": BEN}
    rig.edge.left("of ana")
    assert rig.links.to(A).subscribed == {}
    rig.edge.left("of ana")


def test_a_new_map_sends_every_subscription_to_its_owner() -> None:
    rig = EdgeRig()
    rig.map.adopt(Ownership(2, (B, A)))
    assert rig.links.to(A).subscribed == {"of ben": BEN}
    assert rig.links.to(B).subscribed == {"of ana": ANA}
    rig.map.adopt(Ownership(3, (B, B)))
    assert rig.links.all.keys() == {B}, "the link to an instance that owns nothing is closed"
    assert rig.links.to(B).subscribed == {"of ana": ANA, "of ben": BEN}
    assert rig.links.to(B).generation == 3


def test_an_owner_without_sockets_here_gets_an_empty_list() -> None:
    rig = EdgeRig()
    rig.edge.left("of ben")
    rig.map.adopt(Ownership(2, (A, B)))
    assert rig.links.to(B).full_updates == 2, "the empty list ends earlier subscriptions"
    assert rig.links.to(B).subscribed == {}


def test_users_of_a_partition_without_an_owner_are_not_subscribed() -> None:
    rig = EdgeRig()
    rig.map.adopt(Ownership(2, (A, "")))
    rig.join("later", BEN)
    rig.edge.left("of ben")
    assert rig.links.all.keys() == {A}
    assert rig.links.to(A).subscribed == {"of ana": ANA}


@pytest.mark.parametrize("owners", [(), (B,), (B, B, B)])
def test_a_map_with_another_number_of_partitions_is_ignored(owners: tuple[str, ...]) -> None:
    rig = EdgeRig()
    rig.map.adopt(Ownership(2, owners))
    assert rig.map.ownership == Ownership(1, (A, B))
    assert rig.links.to(A).subscribed == {"of ana": ANA}


async def test_a_refusal_with_a_newer_map_is_adopted() -> None:
    rig = EdgeRig()
    newer = Ownership(2, (B, B))
    rig.map.refused(["of ana"], newer)
    assert rig.map.ownership == newer
    assert rig.links.to(B).subscribed == {"of ana": ANA, "of ben": BEN}


@pytest.mark.parametrize(
    "theirs",
    [
        Ownership(0, (B, B)),
        Ownership(1, (B, B)),
        Ownership(2, ()),  # newer, but the leader did not know the topic yet
    ],
)
async def test_a_refusal_without_a_newer_map_is_retried_after_a_pause(
    theirs: Ownership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_map, "_PAUSE_SECONDS", 0.02)
    rig = EdgeRig()
    owner = rig.links.to(A)
    owner.added.clear()
    rig.map.refused(["of ana", "a stranger"], theirs)
    rig.map.refused(["of ana"], theirs)
    await asyncio.sleep(0)
    assert rig.map.ownership.generation == 1
    assert owner.added == []
    await asyncio.sleep(0.1)
    assert owner.added == ["of ana"], "subscribed once, however often it was refused"


async def test_a_refused_socket_that_has_left_is_not_subscribed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_map, "_PAUSE_SECONDS", 0)
    rig = EdgeRig()
    rig.map.refused(["of ana"], Ownership(1, ()))
    rig.edge.left("of ana")
    await asyncio.sleep(0.02)
    assert rig.links.to(A).subscribed == {}


def test_acks_that_may_be_lost_with_the_link_are_written_by_the_edge() -> None:
    rig = EdgeRig()
    for link_is_up, written in ((True, []), (False, ["2"])):
        rig.join("another", ANA)
        notification_id = "1" if link_is_up else "2"
        rig.push(notification_id, socket="another")
        rig.outgoing.acks[-1]()
        rig.links.to(A).is_up = link_is_up
        rig.edge.left("another")
        assert rig.written == written
