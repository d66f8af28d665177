"""An erasure reaches the user's sockets, and stops the pushes in flight."""

import pytest

from tests.delivery.push.rig import ERASED, USERS, OwnerRig, Sockets, entry, held

_ANA, _EVE = USERS


class _Rig(OwnerRig):
    """An owner of both partitions, with a live user who has one socket."""

    def __init__(self, *, hold: bool = False) -> None:
        super().__init__(hold=hold)
        self.sockets = Sockets()
        self.routes.open("own", self.sockets)
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        self.owner.subscribe(_ANA, "own/s1")
        self.answer()

    @property
    def unsettled(self) -> int:
        """Return the number of records that hold back the offset of the user's partition."""
        return self.owner.partitions[0].tracker.in_flight


def test_inbox_event_is_emitted_and_the_record_is_settled() -> None:
    rig = _Rig()
    rig.erase(_ANA)
    assert rig.sockets.inbox_events == [(_ANA, ERASED)]
    assert rig.unsettled == 0
    assert rig.queried() == [_ANA], "there may be a newer notification"


def test_erasure_of_an_absent_user_is_settled() -> None:
    rig = _Rig()
    rig.feed(_EVE)
    rig.erase(_EVE)
    assert rig.sockets.inbox_events == []
    assert rig.owner.partitions[1].tracker.in_flight == 0
    assert rig.queried() == []


def test_erased_event_is_pushed_neither_again_nor_to_a_new_socket() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    assert rig.unsettled == 1
    rig.erase(_ANA)
    assert rig.unsettled == 0
    for check in rig.deadlines:
        check()
    rig.owner.subscribe(_ANA, "own/s2")
    rig.answer()
    rig.answer()
    assert rig.sockets.pushed == [f"s1: {record}"]
    assert rig.sockets.disconnected == []


def test_late_ack_of_an_erased_event_is_written_and_does_not_block_later_pushes() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.erase(_ANA)
    rig.answer()
    rig.sockets.acks[0]()
    assert rig.write() == [record]
    newer = rig.feed(_ANA)
    assert rig.sockets.pushed == [f"s1: {record}", f"s1: {newer}"]
    assert rig.unsettled == 1


def test_ack_before_the_erasure_settles_with_its_write() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.sockets.acks[0]()
    rig.erase(_ANA)
    assert (rig.unsettled, rig.queried()) == (1, [])
    assert rig.write() == [record]
    assert (rig.unsettled, rig.queried()) == (0, [_ANA])


def test_under_hold_the_inbox_decides_which_records_are_settled() -> None:
    rig = _Rig(hold=True)
    rig.feed(_ANA)
    rig.feed(_EVE)
    rig.erase(_ANA)
    rig.erase(_EVE)
    assert rig.unsettled == 1
    rig.answer()
    assert rig.unsettled == 0
    ((held_id, recipient),) = held(rig.owner).items()
    rig.push.driver.no_longer_owed(recipient, held_id)
    assert rig.owner.partitions[1].tracker.in_flight == 0
    assert rig.sockets.inbox_events == [(_ANA, ERASED)]


@pytest.mark.parametrize("hold", [False, True])
def test_notification_due_while_suspended_is_not_pushed_after_an_erasure(hold: bool) -> None:
    rig = _Rig(hold=hold)
    first, _gathering = rig.feed(_ANA), rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks[0]()
    assert rig.write() == [first]
    rig.owner.resume(0)
    rig.connect_all()
    # Records fetched during the suspension were dropped, and are fetched again now.
    rig.erase(_ANA)
    rig.answer([entry()])
    assert rig.sockets.pushed == [f"s1: {first}"], "that page was requested before the erasure"
    rig.answer([owed := entry()])
    assert rig.sockets.pushed == [f"s1: {first}", f"s1: {owed.id}"]


def test_user_erased_before_a_suspension_catches_up_when_resumed() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.erase(_ANA)
    rig.owner.suspend()
    rig.answer([entry()])
    rig.owner.resume(0)
    rig.connect_all()
    rig.answer([owed := entry()])
    assert rig.sockets.pushed == [f"s1: {record}", f"s1: {owed.id}"]
