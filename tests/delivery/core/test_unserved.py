"""Partitions and sockets are reported only if they were unserved for longer than the patience."""

from delivery.core.unserved import Unserved

_SERVED, _NOT = {0: True, 1: True}, {0: True, 1: False}


def test_a_partition_is_reported_when_it_was_unserved_for_longer_than_the_patience() -> None:
    unserved = Unserved(6)
    unserved.check(_SERVED, (), 0)
    for now, reported in ((1, set()), (6, set()), (6.1, {1}), (9, {1})):
        unserved.check(_NOT, (), now)
        assert unserved.partitions == reported
    unserved.check(_SERVED, (), 10)
    assert unserved.partitions == set()


def test_a_refusal_counts_from_the_check_before_it_and_ends_with_an_acceptance() -> None:
    unserved = Unserved(6)
    unserved.check(_SERVED, (), 0)
    unserved.check(_SERVED, ("s1",), 6)
    assert unserved.sockets == []
    unserved.check(_SERVED, ("s1", "s2"), 7)
    assert unserved.sockets == ["s1"]
    unserved.check(_SERVED, ("s2",), 8)
    unserved.check(_SERVED, ("s1", "s2"), 13)
    assert unserved.sockets == ["s2"]


def test_times_before_the_first_check_do_not_count() -> None:
    unserved = Unserved(6)
    unserved.check(_NOT, ("s1",), 100)
    assert (unserved.partitions, unserved.sockets) == (set(), [])
    unserved.check(_NOT, ("s1",), 107)
    assert (unserved.partitions, unserved.sockets) == ({1}, ["s1"])
