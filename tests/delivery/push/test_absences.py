"""A user whose edge cannot reach the owner is not absent, so nothing is reported as parked."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from delivery.core.ownership import Ownership
from delivery.core.subscription_set import Subscription
from delivery.core.tracker import Tracker
from delivery.push import absences as module
from delivery.push.partition import Partition
from delivery.push.subscriptions import Subscriptions
from producer_api.contract.events import ReceiptType
from tests.delivery.push.rig import EPOCH, HERE, USERS, OwnerRig, Sockets, in_full

_ANA, _ = USERS
_EDGE = "http://elsewhere:1"


class _Rig(OwnerRig):
    """A new owner of ana's partition. No edge has listed ana in a snapshot yet."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets = Sockets()
        self.routes.open("link", self.sockets)
        self.subscribers.note_edge("link", _EDGE)
        self.subscriptions = Subscriptions("link", self.owner, self.subscribers)
        self.adopt(1, {0})
        self.assign(0)

    @property
    def partition(self) -> Partition:
        """The only partition."""
        return self.owner.partitions[0]

    def send_snapshot(self, generation: int = 1, *, lacks_ana: bool = False) -> None:
        """Send a snapshot of the edge's subscriptions. It lists ana unless `lacks_ana`."""
        self.subscriptions.begin()
        self.subscriptions.add(generation, () if lacks_ana else [Subscription("s1", _ANA)])
        in_full(self.subscriptions.drop_unlisted(generation))
        self.subscribers.note_edge("link", _EDGE, generation)

    def lose_link(self) -> None:
        """End the edge's link."""
        self.subscribers.forget_edge("link")
        in_full(self.subscriptions.end())

    def let_time_pass(self) -> None:
        """Let the users whose links broke become absent."""
        lost = self.partition.lost
        lost |= {user: replace(each, until=0.0) for user, each in lost.items()}

    def run_for(self, seconds: float) -> None:
        """Let the next tick come this much later, and settle the records of absent users."""
        self.push.absences._ticked_at -= seconds
        self.push.absences.tick()
        self.settle()

    def settle(self) -> None:
        """Settle the records of the users who are certainly absent."""
        list(self.push.absences.settle(self.partition))

    def parked(self) -> list[tuple[list[str], int]]:
        """Return the ids and attempts of the queued receipts, which must all be PARKED."""
        receipts = [each for queued in self.receipts.oldest(99) for each in queued.receipts]
        assert {receipt.kind for receipt in receipts} <= {ReceiptType.PARKED}
        return [(list(receipt.ids), receipt.attempt) for receipt in receipts]

    @property
    def unsettled(self) -> int:
        """The number of unsettled records."""
        return self.partition.tracker.in_flight


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count users as absent at once."""
    monkeypatch.setattr(module, "_GRACE_SECONDS", 0.0)


def test_records_wait_until_the_edges_have_sent_snapshots() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.feed(_ANA)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (2, [])
    rig.send_snapshot()
    assert (rig.unsettled, rig.parked()) == (0, []), "ana was connected throughout"
    assert rig.queried() == [_ANA], "the inbox has the records"
    rig.settle()
    assert not rig.partition.is_in_grace_period


def test_records_of_an_absent_user_are_parked_as_soon_as_all_edges_have_sent_snapshots() -> None:
    rig = _Rig()
    ids = [rig.feed(_ANA), rig.feed(_ANA)]
    rig.send_snapshot(lacks_ana=True)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [(ids, 0)])
    later = rig.feed(_ANA)
    assert (rig.unsettled, rig.parked()) == (0, [(ids, 0), ([later], 0)])


def test_asking_for_the_snapshots_does_not_go_through_all_partitions() -> None:
    class Owners(tuple[str, ...]):
        looks = 0

        def __iter__(self) -> Iterator[str]:
            self.looks += 1
            return super().__iter__()

        def __getitem__(self, index: Any) -> Any:
            self.looks += 1
            return super().__getitem__(index)

    rig, owners = _Rig(), Owners([HERE, _EDGE])
    rig.subscribers.adopt(Ownership(2, owners), {0})
    looks = owners.looks
    answers = [rig.subscribers.have_all_sent_snapshots]
    rig.send_snapshot(2)
    answers.append(rig.subscribers.have_all_sent_snapshots)
    assert answers == [False, True]
    assert owners.looks == looks


def test_an_edge_that_never_sends_a_snapshot_delays_nothing_for_long() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    for _ in range(30):
        rig.run_for(0.2)
        assert (rig.unsettled, rig.parked()) == (1, [])
    for _ in range(10):
        rig.run_for(0.2)
    assert (rig.unsettled, rig.parked()) == (0, [([record], 0)])


def test_time_in_which_the_owner_does_not_run_makes_nobody_absent() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.run_for(60.0)  # one tick after 60 s: the owner was suspended
    assert (rig.unsettled, rig.parked()) == (1, [])
    rig.send_snapshot()  # the snapshot waited in the link's socket
    assert (rig.unsettled, rig.parked()) == (0, [])


def test_an_owner_that_is_not_linked_yet_is_waited_for() -> None:
    rig = _Rig()
    rig.subscribers.forget_edge("link")
    rig.subscribers.note_edge("own", "", 1)
    rig.owner.assign(0, Tracker(0, EPOCH))
    rig.feed(_ANA)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (1, [])


def test_a_member_without_a_partition_is_waited_for() -> None:
    rig = _Rig()
    rig.send_snapshot(lacks_ana=True)
    idle = "http://idle:1"
    rig.subscribers.adopt(Ownership(1, (HERE, _EDGE)), {0}, [idle])
    rig.owner.assign(0, Tracker(0, EPOCH))
    rig.feed(_ANA)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (1, [])
    rig.owner.subscribe(_ANA, "link of the idle one/s1")
    rig.subscribers.note_edge("link of the idle one", idle, 1)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [])
    assert not rig.partition.is_in_grace_period


def test_a_user_who_comes_back_after_a_broken_link_was_not_absent() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    rig.feed(_ANA)
    rig.lose_link()
    assert (rig.unsettled, rig.parked()) == (1, []), "no offset passes a receipt that may be due"
    rig.feed(_ANA)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (2, [])
    rig.owner.subscribe(_ANA, "another/s1")
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [])
    assert rig.queried() == [_ANA]


@pytest.mark.usefixtures("impatient")
def test_a_user_who_does_not_come_back_after_a_broken_link_is_reported() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    in_flight, queued = rig.feed(_ANA), rig.feed(_ANA)
    rig.lose_link()
    later = rig.feed(_ANA)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [([in_flight], 1), ([queued], 0), ([later], 0)])


def test_what_was_in_flight_when_a_link_broke_is_reported_once() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    in_flight, queued = rig.feed(_ANA), rig.feed(_ANA)
    rig.lose_link()
    later = rig.feed(_ANA)
    rig.push.feed.make_room(rig.partition, lambda: rig.unsettled == 0)
    reported = [([in_flight], 1), ([queued], 0), ([later], 0)]
    assert (rig.unsettled, rig.parked()) == (0, reported)
    rig.let_time_pass()
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, reported)


def test_a_changed_log_makes_no_user_of_a_broken_link_absent() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    rig.lose_link()
    rig.subscribers.note_edge("another", _EDGE, 1)
    rig.owner.assign(0, Tracker(9, EPOCH))  # `LogWatch` begins the partition again
    rig.feed(_ANA)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (1, [])
    rig.owner.subscribe(_ANA, "another/s1")
    assert (rig.unsettled, rig.parked()) == (0, [])


def test_an_erased_user_is_not_reported_after_a_changed_log() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    rig.feed(_ANA)
    rig.lose_link()
    rig.owner.assign(0, Tracker(9, EPOCH))
    rig.erase(_ANA)
    rig.let_time_pass()
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [])


def test_an_edge_that_hears_first_of_a_move_makes_nobody_absent() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    rig.feed(_ANA)
    rig.feed(_ANA)
    rig.owner.suspend()
    rig.send_snapshot(2, lacks_ana=True)  # the edge subscribes her at the next owner
    assert (rig.unsettled, rig.parked()) == (2, []), "the next owner reads them again"
    rig.owner.revoke(0)
    rig.adopt(2, set())
    assert rig.parked() == []


def test_a_user_whom_a_newer_snapshot_lacked_and_who_comes_back_was_not_absent() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    rig.feed(_ANA)
    rig.owner.suspend()
    rig.send_snapshot(2, lacks_ana=True)
    rig.adopt(3, {0})  # the group has rebalanced again
    rig.owner.resume(0)
    rig.send_snapshot(3)
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [])
    assert rig.queried() == [_ANA]


def test_an_edge_with_an_older_map_makes_nobody_absent() -> None:
    rig = _Rig()
    rig.adopt(2, {0})
    rig.send_snapshot(2)
    rig.answer()
    rig.feed(_ANA)
    rig.send_snapshot(1, lacks_ana=True)
    assert (rig.unsettled, rig.parked()) == (1, [])


def test_an_erased_user_whose_link_broke_is_not_reported() -> None:
    rig = _Rig()
    rig.send_snapshot()
    rig.answer()
    rig.feed(_ANA)
    rig.lose_link()
    rig.erase(_ANA)
    rig.let_time_pass()
    rig.settle()
    assert (rig.unsettled, rig.parked()) == (0, [])


def test_a_full_window_does_not_wait() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.push.feed.make_room(rig.partition, lambda: rig.unsettled == 0)
    assert (rig.unsettled, rig.parked()) == (0, [([record], 0)])


def test_an_erased_user_is_not_reported() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.erase(_ANA)
    assert (rig.unsettled, rig.parked()) == (0, [])
