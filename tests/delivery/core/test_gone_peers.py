"""An owner is removed as gone only if its host has refused most other owners for a while."""

import pytest

from delivery.core.gone_peers import GonePeers, Removal

_A, _B, _C, _D, _E = (f"http://{letter}:1" for letter in "abcde")
_REFUSED_EVERY = 0.12


def _watching(own: str, *owners: str) -> GonePeers:
    """Return what the instance at `own` knows while it is linked to all other owners."""
    peers = GonePeers(own)
    peers.adopt(owners, f"member of {own}", 0)
    for owner in owners:
        if owner != own:
            peers.met(owner, f"process at {owner}", 0)
            peers.reported(owner, f"member of {owner}", ())
    return peers


def _refuse(peers: GonePeers, address: str, since: float = 10, count: int = 6) -> float:
    """End the link, and let the host refuse some connections. Return the time of the last one."""
    peers.lost(address)
    times = [since + number * _REFUSED_EVERY for number in range(count)]
    for now in times:
        peers.refused(address, now)
    return times[-1]


def _agree(peers: GonePeers, address: str, *others: str) -> None:
    for other in others:
        peers.reported(other, f"member of {other}", [address])


def test_an_owner_is_removed_when_most_of_the_others_find_it_gone() -> None:
    peers = _watching(_A, _A, _B, _C, _D)
    now = _refuse(peers, _D)
    assert peers.gone(now) == {_D}
    assert peers.due(now + 60) is None, "b and c still reach d"
    _agree(peers, _D, _B)
    assert peers.due(now) == Removal(_D, "member of http://d:1")


def test_fewer_refusals_or_a_shorter_time_prove_nothing() -> None:
    peers = _watching(_A, _A, _B)
    now = _refuse(peers, _B, count=3)
    assert peers.gone(now + 60) == set(), "three refusals are too few"
    peers.lost(_B)
    for _ in range(20):
        peers.refused(_B, 20)
    assert peers.gone(20) == set(), "all refusals came at one moment"
    peers.refused(_B, 20.5)
    assert peers.gone(20.5) == {_B}


@pytest.mark.parametrize("pause", [2.1, 60])
def test_refusals_with_a_long_time_in_between_count_from_the_later_one(pause: float) -> None:
    peers = _watching(_A, _A, _B)
    now = _refuse(peers, _B, count=3)
    peers.refused(_B, now + pause)
    assert peers.gone(now + pause) == set(), "this instance was suspended meanwhile"


def test_any_other_answer_ends_the_proof() -> None:
    peers = _watching(_A, _A, _B)
    now = _refuse(peers, _B)
    peers.not_refused(_B)
    assert peers.gone(now) == set()
    for number in range(3):
        peers.refused(_B, now + 1 + number)
    assert peers.gone(now + 4) == set()


def test_an_owner_that_was_never_linked_or_reported_no_member_id_is_not_gone() -> None:
    peers = GonePeers(_A)
    peers.adopt([_A, _B], "member", 0)
    assert peers.gone(_refuse(peers, _B)) == set(), "its address may be wrong"
    peers.met(_B, "process", 0)
    assert peers.gone(_refuse(peers, _B)) == set(), "an older version reports no id"


def test_an_address_without_a_partition_is_not_gone() -> None:
    peers = _watching(_A, _A, _B, _C)
    _agree(peers, _B, _C)
    now = _refuse(peers, _B)
    assert peers.gone(now) == {_B}
    peers.adopt([_A, _C], f"member of {_A}", now)
    assert not peers.gone(now)
    assert not peers.is_missed(_B)


def test_an_instance_that_owns_nothing_removes_nobody() -> None:
    peers = _watching(_A, _B, _C)
    now = _refuse(peers, _B)
    _agree(peers, _B, _C)
    assert peers.due(now + 60) is None


def test_an_instance_that_most_others_refuse_suspects_itself() -> None:
    peers = _watching(_A, _A, _B, _C, _D)
    now = max(_refuse(peers, address) for address in (_B, _C, _D))
    assert peers.gone(now) == {_B, _C, _D}
    assert peers.due(now + 60) is None


def test_what_a_lost_peer_said_no_longer_counts() -> None:
    peers = _watching(_A, _A, _B, _C)
    _agree(peers, _C, _B)
    now = _refuse(peers, _C)
    peers.lost(_B)
    assert peers.due(now + 60) is None


def test_instances_that_agree_take_turns_in_the_order_of_their_addresses() -> None:
    peers = _watching(_C, _A, _B, _C, _D, _E)
    now = _refuse(peers, _E, count=5)
    _agree(peers, _E, _B, _D)
    assert peers.due(now) is None, "b removes e"
    assert peers.due(now + 0.35) == Removal(_E, "member of http://e:1")


def test_of_two_instances_one_waits_until_it_would_know_that_it_was_removed() -> None:
    first, second = _watching(_A, _A, _B), _watching(_B, _A, _B)
    now = _refuse(first, _B, count=5)
    _refuse(second, _A, count=5)
    assert first.due(now) is not None
    assert second.due(now + 0.5) is None
    second.adopt([_A, _B], "a new member id of b", now + 0.55)
    assert second.due(now + 60) is None, "the group had removed b"


def test_a_member_that_is_removed_is_not_removed_again_unless_it_was_linked_again() -> None:
    peers = _watching(_A, _A, _B)
    now = _refuse(peers, _B)
    removal = peers.due(now)
    assert removal is not None
    peers.done(removal, now, was_member=True)
    peers.adopt([_A, _B], f"member of {_A}", now + 1)  # b is alive, and has joined again
    peers.refused(_B, now + 2)
    assert peers.due(now + 60) is None


def test_a_failed_removal_is_tried_again_after_a_pause() -> None:
    peers = _watching(_A, _A, _B)
    now = _refuse(peers, _B)
    removal = peers.due(now)
    assert removal is not None
    peers.failed(removal, now, 1)
    assert peers.due(now + 0.9) is None
    assert peers.due(now + 1) == removal


def test_after_a_wrong_proof_nothing_is_proved_for_ten_minutes() -> None:
    peers = _watching(_A, _A, _B)
    now = _refuse(peers, _B)
    assert not peers.met(_B, "another process", now), "b was started again"
    peers.reported(_B, "m", ())
    now = _refuse(peers, _B, now)
    assert peers.met(_B, "another process", now), "b was alive"
    peers.reported(_B, "m2", ())
    assert peers.due(_refuse(peers, _B, now + 590)) is None
    assert peers.due(_refuse(peers, _B, now + 601)) == Removal(_B, "m2")


def test_only_three_removals_are_made_in_a_minute() -> None:
    peers = _watching(_A, _A, _B)
    now, removed_at = 10.0, list[float]()
    for number in range(400):
        peers.met(_B, f"process {number}", now)
        peers.reported(_B, f"m{number}", ())
        now = _refuse(peers, _B, now)
        if (removal := peers.due(now)) is not None:
            peers.done(removal, now, was_member=True)
            removed_at.append(now)
    assert len(removed_at) > 3
    assert all(
        later - earlier >= 60 for earlier, later in zip(removed_at, removed_at[3:], strict=False)
    )
