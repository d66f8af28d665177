"""The assignor as aiokafka calls it. Members may send anything."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)
from hypothesis import given
from hypothesis import strategies as st

from delivery.consume.assignor import StickyAssignor
from delivery.core.assignor_messages import Claim, decode_claim, encode_claim, encode_owners
from delivery.core.ownership import Ownership
from tests.delivery.core.effort import effort

_TOPIC = "notifications"
_A, _B = "http://127.0.0.1:8101", "http://127.0.0.1:8102"


class _Cluster(ClusterMetadata):  # type: ignore[misc] # aiokafka has no types
    """A cluster whose topic has `count` partitions, or is unknown."""

    def __init__(self, count: int | None) -> None:
        super().__init__()
        self._count = count

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return None if self._count is None or topic != _TOPIC else set(range(self._count))


def _member(user_data: Any, *topics: str) -> ConsumerProtocolMemberMetadata:
    return ConsumerProtocolMemberMetadata(0, list(topics or (_TOPIC,)), user_data)


def _received(assignment: ConsumerProtocolMemberAssignment) -> ConsumerProtocolMemberAssignment:
    return ConsumerProtocolMemberAssignment.decode(assignment.encode())


def _partitions(assignment: ConsumerProtocolMemberAssignment) -> list[int]:
    return [tp.partition for tp in assignment.partitions()]


def _round(
    leader: StickyAssignor, members: Mapping[str, StickyAssignor], count: int | None = 4
) -> dict[str, list[int]]:
    """Run one rebalance with encoded messages, and return each member's partitions."""
    joined = {
        name: ConsumerProtocolMemberMetadata.decode(member.metadata({_TOPIC}).encode())
        for name, member in members.items()
    }
    assignments = leader.assign(_Cluster(count), joined)
    for name, member in members.items():
        member.on_assignment(_received(assignments[name]))
    return {name: _partitions(assignment) for name, assignment in assignments.items()}


def test_new_member_claims_nothing() -> None:
    metadata = StickyAssignor(_TOPIC, 4, _A).metadata({_TOPIC})
    assert metadata.subscription == [_TOPIC]
    assert decode_claim(metadata.user_data) == Claim(_A, -1, frozenset(), maps=2)


def test_every_member_learns_and_keeps_the_map() -> None:
    a, b = StickyAssignor(_TOPIC, 4, _A), StickyAssignor(_TOPIC, 4, _B)
    assert _round(a, {"z": a}) == {"z": [0, 1, 2, 3]}
    assert a.begin(1) == Ownership(1, (_A,) * 4)
    for generation, leader in ((2, a), (3, b)):
        assert _round(leader, {"z": a, "b": b}) == {"z": [0, 1], "b": [2, 3]}
        assert a.begin(generation) == b.begin(generation)
    assert b.begin(3) == Ownership(3, (_A, _A, _B, _B))


def test_every_member_learns_who_is_idle() -> None:
    a, b = StickyAssignor(_TOPIC, 1, _A), StickyAssignor(_TOPIC, 1, _B)
    assert _round(a, {"a": a, "b": b}, count=1) == {"a": [0], "b": []}
    assert a.idle == b.idle == (_B,)
    assert _round(a, {"a": a}, count=1) == {"a": [0]}
    assert not a.idle, "b has left"


def test_assignment_is_not_claimed_before_its_generation_is_known() -> None:
    assignor = StickyAssignor(_TOPIC, 4, _A)
    _round(assignor, {"a": assignor}, count=1)
    assert decode_claim(assignor.metadata({_TOPIC}).user_data) == Claim(_A, maps=2)
    assignor.begin(5)
    _round(assignor, {"a": assignor}, count=2)
    claimed = decode_claim(assignor.metadata({_TOPIC}).user_data)
    expected = Claim(_A, 5, frozenset((0,)), maps=2)
    assert claimed == expected, "the last assignment whose generation is known"


def test_old_claim_of_a_returning_member_does_not_count() -> None:
    a, b = StickyAssignor(_TOPIC, 4, _A), StickyAssignor(_TOPIC, 4, _B)
    _round(b, {"b": b})
    b.begin(1)  # b is then suspended, and still claims everything
    for generation in (2, 3):
        _round(a, {"a": a})
        a.begin(generation)
    assert _round(a, {"a": a, "b": b}) == {"a": [0, 1], "b": [2, 3]}
    a.begin(4)
    b.begin(4)
    assert _round(b, {"a": a, "b": b}) == {"a": [0, 1], "b": [2, 3]}


def test_every_member_gets_its_partitions_back_if_all_had_left() -> None:
    a, b = StickyAssignor(_TOPIC, 4, _A), StickyAssignor(_TOPIC, 4, _B)
    before = _round(a, {"a": a, "b": b})
    a.begin(1)
    b.begin(1)
    # Kafka gives new ids to members that it had removed.
    assert _round(b, {"d": a, "c": b}) == {"d": before["a"], "c": before["b"]}


def test_unknown_topic_is_assigned_as_it_was_at_the_first_start() -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    for unknown in (None, 0):
        assert _round(a, {"a": a}, unknown) == {"a": [0, 1, 2, 3]}
        assert a.begin(1) == Ownership(1, (_A,) * 4)


def test_partitions_that_were_added_later_get_no_owner() -> None:
    a, b = StickyAssignor(_TOPIC, 4, _A), StickyAssignor(_TOPIC, 4, _B)
    assert _round(a, {"a": a, "b": b}, count=9) == {"a": [0, 1], "b": [2, 3]}
    assert a.begin(1) == b.begin(1) == Ownership(1, (_A, _A, _B, _B))


def test_users_keep_their_partition_while_the_topic_has_fewer_partitions() -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    assert _round(a, {"a": a}, count=3) == {"a": [0, 1, 2]}
    assert a.begin(1) == Ownership(1, (_A, _A, _A, ""))


def test_briefly_unknown_topic_moves_no_partition() -> None:
    a, b = StickyAssignor(_TOPIC, 4, _A), StickyAssignor(_TOPIC, 4, _B)
    before = _round(a, {"a": a, "b": b})
    a.begin(1)
    b.begin(1)
    assert _round(b, {"a": a, "b": b}, None) == before
    assert b.begin(2) == Ownership(2, (_A, _A, _B, _B))


def test_member_of_another_topic_gets_nothing() -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    claim = encode_claim(Claim(_B))
    members = {"a": _member(encode_claim(Claim(_A))), "b": _member(claim, "another")}
    members["c"] = ConsumerProtocolMemberMetadata(0, None, claim)
    assignments = a.assign(_Cluster(2), members)
    assert {member: _partitions(assignment) for member, assignment in assignments.items()} == {
        "a": [0, 1],
        "b": [],
        "c": [],
    }


def test_members_without_partitions_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    twins = {name: _member(encode_claim(Claim(_A))) for name in ("a", "twin")}
    with caplog.at_level(logging.ERROR):
        a.assign(_Cluster(2), twins | {"mute": _member(b"\0")})
    logged = {(event.levelname, vars(event)["member"]) for event in caplog.records}
    assert logged == {("ERROR", "twin"), ("ERROR", "mute")}


@pytest.mark.parametrize("user_data", [None, b"", b"\xff", b'{"v":1,"owners":[1]}'])
def test_unreadable_map_leaves_all_owners_unknown(
    user_data: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    assigned = [("another", [7]), (_TOPIC, [3, 1])]
    a.on_assignment(_received(ConsumerProtocolMemberAssignment(0, assigned, user_data)))
    assert a.begin(9) == Ownership(9, ())
    assert [event.levelname for event in caplog.records] == ["ERROR"]


def test_member_without_partitions_reads_the_map() -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    a.on_assignment(ConsumerProtocolMemberAssignment(0, [], encode_owners([_B], [])))
    assert a.begin(9) == Ownership(9, (_B,))


@pytest.mark.parametrize("address", ["", "127.0.0.1:8101", "http://a b"])
def test_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an http or https URL"):
        StickyAssignor(_TOPIC, 4, address)


@given(st.lists(st.none() | st.binary(max_size=60), min_size=1, max_size=4))
@effort(100)
def test_no_message_of_a_member_stops_the_group(sent: list[bytes | None]) -> None:
    a = StickyAssignor(_TOPIC, 4, _A)
    others = {f"other-{index}": _member(data) for index, data in enumerate(sent)}
    assignments = a.assign(_Cluster(3), others | {"a": a.metadata([_TOPIC])})
    assert _partitions(_received(assignments["a"])) == [0, 1, 2]
    assert assignments.keys() == others.keys() | {"a"}
