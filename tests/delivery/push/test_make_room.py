"""Making room in a window first parks the records of users whose push has waited longest."""

from unittest.mock import PropertyMock

import pytest

from delivery.core.user_state_machine import User
from producer_api.contract.partitioning import partition_of
from tests.delivery.push.rig import OwnerRig, Sockets

_USERS = [user for user in map(str, range(200)) if partition_of(user, 2) == 0][:50]


class _Rig(OwnerRig):
    """An owner with live users of one partition."""

    def __init__(self, *, hold: bool = False) -> None:
        super().__init__(hold=hold)
        self.routes.open("own", Sockets())
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        for user in _USERS:
            self.owner.subscribe(user, f"own/{user}")
        while self.questions:
            self.answer()
        self.partition = self.owner.partitions[0]

    def make_room(self, in_flight: int) -> list[str]:
        """Make room until at most this many records are in flight. Return the parked users."""
        tracker = self.partition.tracker
        waiting = self.waiting
        self.push.feed.make_room(self.partition, lambda: tracker.in_flight <= in_flight)
        return [user for user in waiting if user not in self.waiting]

    @property
    def waiting(self) -> list[str]:
        """Return the users with a record that waits for an ack."""
        recipients = self.partition.recipients.values()
        return [r.user_id for r in recipients if r.user.waiting_since is not None]

    def ack(self, user: str) -> None:
        """Acknowledge the user's event, and complete the write."""
        sockets = self.routes._targets["own"]
        assert isinstance(sockets, Sockets)
        place = next(i for i, text in enumerate(sockets.pushed) if text.startswith(f"{user}:"))
        del sockets.pushed[place]
        sockets.acks.pop(place)()
        self.write()


def test_longest_waiting_user_is_parked_first_and_no_more_than_needed() -> None:
    rig = _Rig()
    ana, eve, ivo, uma, *_ = _USERS
    for user in (uma, ana, eve, ivo):
        rig.feed(user)
    assert rig.make_room(3) == [uma]
    assert rig.make_room(3) == []
    assert rig.make_room(1) == [ana, eve]


def test_a_users_next_push_counts_from_its_own_time() -> None:
    rig = _Rig()
    ana, eve, *_ = _USERS
    rig.feed(ana)
    rig.feed(eve)
    rig.ack(ana)
    rig.feed(ana)
    assert rig.make_room(1) == [eve]


def test_pushing_again_or_to_another_connection_does_not_reset_the_time() -> None:
    rig = _Rig()
    ana, eve, *_ = _USERS
    rig.feed(ana)
    rig.feed(eve)
    rig.owner.subscribe(ana, "own/another")
    rig.deadlines[0]()
    assert rig.make_room(1) == [ana]


def test_under_hold_nothing_is_parked() -> None:
    rig = _Rig(hold=True)
    rig.feed(_USERS[0])
    assert rig.make_room(0) == []


def test_making_room_looks_only_at_users_who_were_pushed_to_since_the_last_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = _Rig()
    for user in _USERS:
        rig.feed(user)
        rig.ack(user)
    looks = PropertyMock(return_value=None)
    monkeypatch.setattr(User, "waiting_since", looks)
    rig.push.feed.make_room(rig.partition, lambda: False)
    assert looks.call_count == len(_USERS)
    for user in _USERS[:3]:
        rig.feed(user)
    rig.push.feed.make_room(rig.partition, lambda: False)
    rig.push.feed.make_room(rig.partition, lambda: False)
    assert looks.call_count == len(_USERS) + 3


def test_forgotten_user_is_not_kept_for_making_room() -> None:
    rig = _Rig()
    ana = _USERS[0]
    rig.feed(ana)
    rig.ack(ana)
    rig.owner.unsubscribe(ana, f"own/{ana}")
    assert ana not in rig.partition.recipients
    assert not rig.partition.pushed
