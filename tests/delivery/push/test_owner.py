"""An owner pushes nothing during a rebalance, and continues with its partitions afterwards."""

import asyncio

import pytest

from producer_api.contract.partitioning import partition_of
from runtime import slices
from tests.delivery.push.rig import USERS, OwnerRig, Sockets, entry

_ANA = USERS[0]


class _Rig(OwnerRig):
    """An owner of both partitions, with a live user who has sockets."""

    def __init__(self, *sockets: str, hold: bool = False) -> None:
        super().__init__(hold=hold)
        self.sockets = Sockets()
        self.routes.open("own", self.sockets)
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        for socket in sockets or ("s1",):
            self.owner.subscribe(_ANA, f"own/{socket}")
        while self.questions:
            self.answer()

    def resume(self) -> None:
        """Keep both partitions."""
        for number in (0, 1):
            self.owner.resume(number)
        self.connect_all()
        self.owner.serve()

    @property
    def unsettled(self) -> int:
        """Return the number of records that hold back the offset of the user's partition."""
        return self.owner.partitions[0].tracker.in_flight


def test_ack_counts_while_the_partition_is_suspended() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks[0]()
    assert rig.write() == [record]
    assert rig.unsettled == 0
    rig.resume()
    assert rig.queried() == [], "nothing was due during the suspension"
    rig.feed(_ANA)
    assert len(rig.sockets.pushed) == 2


def test_event_in_flight_during_a_suspension_is_not_pushed_again() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.owner.suspend()
    rig.resume()
    assert rig.queried() == []
    rig.sockets.acks[0]()
    assert rig.write() == [record]
    assert rig.sockets.pushed == [f"s1: {record}"]
    assert rig.unsettled == 0


@pytest.mark.parametrize("hold", [False, True])
def test_queued_records_are_left_to_the_inbox_after_a_suspension(hold: bool) -> None:
    rig = _Rig(hold=hold)
    first, second = rig.feed(_ANA), rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks[0]()
    assert rig.sockets.pushed == [f"s1: {first}"], "nothing is pushed while suspended"
    assert rig.write() == [first]
    rig.resume()
    assert [user for user, _ in rig.questions] == [_ANA]
    assert rig.unsettled == (1 if hold else 0)
    rig.answer([owed := entry()])
    assert rig.sockets.pushed == [f"s1: {first}", f"s1: {owed.id}"]
    assert second not in "".join(rig.sockets.pushed)


def test_page_is_not_pushed_while_suspended_and_is_requested_again_afterwards() -> None:
    rig = _Rig()
    rig.owner.unsubscribe(_ANA, "own/s1")
    rig.owner.subscribe(_ANA, "own/s1")
    rig.owner.suspend()
    rig.answer([entry()])
    assert rig.sockets.pushed == []
    rig.resume()
    rig.answer([owed := entry()])
    assert rig.sockets.pushed == [f"s1: {owed.id}"]


def test_each_socket_gets_a_page_due_while_suspended_exactly_once() -> None:
    rig = _Rig("s1")
    rig.owner.subscribe(_ANA, "own/s2")
    rig.owner.suspend()
    rig.answer([owed := entry()])
    assert rig.sockets.pushed == []
    rig.resume()
    assert sorted(rig.sockets.pushed) == [f"s1: {owed.id}", f"s2: {owed.id}"]
    rig.sockets.acks[0]()
    assert rig.write() == [owed.id]
    assert rig.queried() == [_ANA]


def test_socket_that_subscribes_while_suspended_gets_the_event_in_flight_later() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.owner.suspend()
    rig.owner.subscribe(_ANA, "own/s2")
    assert rig.sockets.pushed == [f"s1: {record}"]
    rig.resume()
    assert f"s2: {record}" in rig.sockets.pushed
    rig.sockets.acks[-1]()
    assert rig.write() == [record]
    assert rig.queried() == [_ANA]


def test_deadline_while_suspended_does_not_count_as_silence() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.owner.suspend()
    for check in rig.deadlines:
        check()
    assert rig.sockets.pushed == [f"s1: {record}"]
    rig.resume()
    assert rig.sockets.disconnected == []
    assert [user for user, _ in rig.questions] == [_ANA]
    watches = len(rig.deadlines)
    rig.answer([entry()])
    assert len(rig.deadlines) == watches + 1, "a deadline is queued again"


def test_resuming_keeps_every_connection_of_an_interrupted_user() -> None:
    rig = _Rig("s1", "s2", "s3")
    rig.feed(_ANA)
    rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks[0]()
    rig.write()
    rig.resume()
    connected = set(rig.subscribers.connections_of(0, _ANA))
    assert connected == {"own/s1", "own/s2", "own/s3"}
    recipient = rig.owner.partitions[0].recipients[_ANA]
    assert set(recipient.user.awaited.audience.connections) == connected


def test_user_who_left_while_suspended_does_not_catch_up() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks[0]()
    rig.owner.unsubscribe(_ANA, "own/s1")
    rig.write()
    rig.resume()
    assert rig.queried() == []
    assert rig.unsettled == 0
    assert rig.owner.partitions[0].recipients == {}


async def test_user_who_caught_up_does_not_start_over_after_the_next_rebalance() -> None:
    rig = _Rig()
    rig.owner.unsubscribe(_ANA, "own/s1")
    rig.owner.subscribe(_ANA, "own/s1")
    rig.owner.suspend()
    rig.answer([entry()])
    rig.resume()
    rig.answer()
    rig.feed(_ANA)
    assert (await rig.owner.awaited())()
    rig.sockets.acks[0]()
    rig.write()
    rig.owner.suspend()
    rig.resume()
    assert rig.queried() == []


def test_notifications_of_a_lost_partition_are_not_pushed_again() -> None:
    rig = _Rig()
    first, _queued = rig.feed(_ANA), rig.feed(_ANA)
    rig.owner.suspend()
    rig.owner.revoke(0)
    rig.owner.resume(1)
    rig.sockets.acks[0]()
    assert rig.sockets.pushed == [f"s1: {first}"]
    assert [delivered.ids for delivered, _ in rig.to_write] == [[first]], (
        "an ack is written even if the partition is lost"
    )


# ── waiting for acks ─────────────────────────────────────────────────────────────────────────────


async def test_hand_over_awaits_acks_of_earlier_pushes_only() -> None:
    rig = _Rig()
    assert not (await rig.owner.awaited())()
    rig.feed(_ANA)
    rig.feed(_ANA)
    is_awaited = await rig.owner.awaited()
    assert is_awaited()
    rig.sockets.acks[0]()
    assert not is_awaited(), "the next event was pushed later, so it does not count"
    assert (await rig.owner.awaited())()


async def test_hand_over_awaits_no_acks_of_unpushed_records() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks[0]()
    assert not (await rig.owner.awaited())()


async def test_other_tasks_run_while_the_awaited_acks_are_collected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    rig = _Rig()
    users = [user for user in map(str, range(50)) if partition_of(user, 2) == 0]
    for user in users:
        rig.owner.subscribe(user, f"own/{user}")
    collecting, turns = asyncio.create_task(rig.owner.awaited()), 0
    while not collecting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > len(users), "one user at each turn"


# ── serving ──────────────────────────────────────────────────────────────────────────────────────


def test_owner_serves_from_its_first_share_except_while_suspended() -> None:
    rig = OwnerRig()
    assert (rig.owner.is_serving, rig.owner.seconds_out) == (False, float("inf"))
    rig.owner.suspend()
    assert rig.owner.seconds_out == float("inf"), "it has not had a share yet"
    rig.owner.serve()
    assert (rig.owner.is_serving, rig.owner.seconds_out) == (True, 0)
    rig.owner.suspend()
    assert not rig.owner.is_serving
    first = rig.owner.seconds_out
    rig.owner.suspend()
    assert rig.owner.seconds_out >= first
    assert rig.owner.seconds_out < 5


def test_assigning_a_partition_again_revokes_its_earlier_assignment() -> None:
    rig = OwnerRig()
    rig.assign(0)
    earlier = rig.owner.partitions[0]
    rig.assign(0)
    assert earlier.is_revoked
    assert not rig.owner.partitions[0].is_revoked
