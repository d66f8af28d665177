"""After a rebalance, users are connected a few at a time, and nothing goes wrong in between."""

from collections.abc import Callable

import pytest

from delivery.core.tracker import Tracker
from delivery.core.user_state_machine import UserState
from delivery.push import owner as module
from producer_api.contract.partitioning import partition_of
from tests.delivery.push.rig import EPOCH, OwnerRig, Sockets, entry

_USERS = [user for user in map(str, range(100)) if partition_of(user, 2) == 0][:5]
_ANA, _EVE, *_ = _USERS


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_USERS_AT_ONCE", 2)


class _Rig(OwnerRig):
    """An owner of both partitions, to which the users of one are subscribed."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets = Sockets()
        self.routes.open("own", self.sockets)
        self.adopt(1, {0, 1})
        for user in _USERS:
            self.owner.subscribe(user, f"own/{user}")
        self.assign(1)
        self.owner.assign(0, Tracker(0, EPOCH))

    def live(self) -> None:
        """Connect all users, whom the inbox owes nothing."""
        self.connect_all()
        while self.questions:
            self.answer()

    def interrupt(self) -> None:
        """Let each user's second event be due during a suspension, and end the suspension."""
        for user in _USERS:
            self.feed(user)
            self.feed(user)
        self.owner.suspend()
        for acked in list(self.sockets.acks):
            acked()
        while self.to_write:
            self.write()
        self.sockets.pushed.clear()
        self.owner.resume(0)

    def parked(self) -> int:
        """Return the number of parked receipts."""
        return len(self.receipts.oldest(1_000))

    def connections(self, user: str) -> set[str]:
        """Return the connections that the user's core knows."""
        return set(self.owner.partitions[0].recipients[user].user.awaited.audience.connections)


def test_users_of_an_assigned_partition_are_connected_in_turns() -> None:
    rig = _Rig()
    assert rig.queried() == []
    assert rig.owner.connect_some()
    assert len(rig.queried()) == 2
    assert rig.owner.connect_some()
    assert not rig.owner.connect_some()
    assert len(rig.owner.partitions[0].recipients) == len(_USERS)
    assert not rig.owner.connect_some()


def test_users_of_several_partitions_are_connected_in_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_USERS_AT_ONCE", 4)
    rig = _Rig()
    others = [user for user in map(str, range(100)) if partition_of(user, 2) == 1][:4]
    for user in others:
        rig.owner.subscribe(user, f"own/{user}")
    rig.queried()
    rig.owner.assign(1, Tracker(0, EPOCH))
    turns = []
    are_left = True
    while are_left:
        are_left = rig.owner.connect_some()
        turns.append(len(rig.queried()))
    assert turns == [4, 4, 1]


def test_record_of_a_user_who_is_not_connected_yet_connects_them() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    assert rig.queried() == [_ANA]
    assert rig.parked() == 0, "the user is not absent"
    rig.connect_all()
    assert _ANA not in rig.queried(), "they are not connected a second time"


def test_another_socket_of_a_user_who_is_not_connected_yet_is_connected_once() -> None:
    rig = _Rig()
    rig.owner.subscribe(_ANA, "own/another")
    assert rig.connections(_ANA) == {f"own/{_ANA}", "own/another"}
    rig.answer([owed := entry()])
    rig.connect_all()
    assert sorted(rig.sockets.pushed) == sorted([f"{_ANA}: {owed.id}", f"another: {owed.id}"])


def test_user_who_leaves_before_their_turn_is_not_connected() -> None:
    rig = _Rig()
    rig.owner.unsubscribe(_ANA, f"own/{_ANA}")
    rig.connect_all()
    assert _ANA not in rig.owner.partitions[0].recipients
    rig.feed(_ANA)
    assert rig.parked() == 1


def test_partition_that_is_lost_before_its_turn_connects_nobody() -> None:
    rig = _Rig()
    rig.owner.revoke(0)
    assert not rig.owner.connect_some()
    assert rig.queried() == []


def test_interrupted_users_start_over_in_turns() -> None:
    rig = _Rig()
    rig.live()
    rig.interrupt()
    assert rig.owner.connect_some()
    assert len(rig.queried()) == 2
    rig.connect_all()
    assert len(rig.queried()) == len(_USERS) - 2


def test_interrupted_users_get_no_parked_receipts_because_they_were_never_absent() -> None:
    rig = _Rig()
    rig.live()
    rig.interrupt()
    _records(rig)
    rig.connect_all()
    assert rig.parked() == 0


def _deadlines(rig: _Rig) -> None:
    for _ in range(4):  # one check more than a silent connection has attempts
        for check in rig.deadlines[:]:
            check()


def _another_socket(rig: _Rig) -> None:
    rig.owner.subscribe(_ANA, "own/another")


def _records(rig: _Rig) -> None:
    for user in _USERS:
        rig.feed(user)


@pytest.mark.parametrize("happen", [_deadlines, _another_socket, _records])
def test_nothing_is_pushed_to_an_interrupted_user_before_they_start_over(
    happen: Callable[[_Rig], None],
) -> None:
    rig = _Rig()
    rig.live()
    rig.interrupt()
    happen(rig)
    assert (rig.sockets.pushed, rig.sockets.disconnected) == ([], [])
    rig.connect_all()
    pushed = {text.partition(":")[0] for text in rig.sockets.pushed}
    # If another socket has joined, ana's event is pushed to both of her sockets.
    assert pushed == ({_ANA, "another"} if happen is _another_socket else set())
    assert {*rig.queried(), *(pushed - {"another"})} == set(_USERS)
    states = {r.user.state for r in rig.owner.partitions[0].recipients.values()}
    assert states == {UserState.CATCHING_UP}


def test_interrupted_user_who_left_and_came_back_does_not_start_over() -> None:
    rig = _Rig()
    rig.live()
    rig.interrupt()
    for _ in range(2):
        rig.owner.unsubscribe(_ANA, f"own/{_ANA}")
        rig.owner.subscribe(_ANA, f"own/{_ANA}")
    while rig.questions:
        rig.answer()
    owed = rig.feed(_ANA)
    assert rig.sockets.pushed == [f"{_ANA}: {owed}"]
    rig.connect_all()
    assert _ANA not in rig.queried()
    assert rig.sockets.pushed == [f"{_ANA}: {owed}"]
