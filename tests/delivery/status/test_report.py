"""The report of an instance: what it says about each kind of wait, and what it costs."""

import asyncio
import time
from datetime import datetime
from types import SimpleNamespace as Namespace
from typing import Any, cast

from delivery.consume.commits import CommittedOffset
from delivery.consume.group_member import GroupMember
from delivery.core.ownership import Ownership
from delivery.core.record import Record
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.core.user_state_machine import User
from delivery.delivered.writer import DeliveredWriter
from delivery.inbox import Inbox
from delivery.peers.links import PeerLinks
from delivery.push import clock
from delivery.push.partition import Partition, Recipient
from delivery.receipts.owed_receipts import Delivered, OwedReceipts
from delivery.sockets.edge_map import EdgeMap
from delivery.sockets.sessions import Sessions
from delivery.status.report import StatusReport
from producer_api.contract.ids import IdSource
from producer_api.contract.masked_user import masked
from tests.delivery.loop_watched import loop_watched
from tests.delivery.push.rig import EPOCH, HERE, USERS, OwnerRig, Sockets

_ANA, _EVE = USERS
_PEER = "http://peer:1"
_COMMITTED = CommittedOffset(0, 1_700_000_000.0)
_STOOD_AT = "2023-11-14T22:13:20.000Z"
_ids = IdSource()


class _Sessions(list[str]):
    is_closed = False


class _Rig(OwnerRig):
    """An owner of both partitions, a live user in one, and the report of its instance."""

    def __init__(self, *, hold: bool = False) -> None:
        super().__init__(hold=hold)
        self.sockets, self.peer = Sockets(), Sockets()
        self.routes.open("own", self.sockets)
        self.routes.open("link", self.peer, _PEER)
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        self.owner.subscribe(_ANA, "own/s1")
        self.answer()
        self.writer = DeliveredWriter(cast(Inbox, None), cast(OwedReceipts, None), self.receipts)
        member = Namespace(
            paused=frozenset({1}),
            stopped=frozenset(),
            window=10,
            policy="park",
            committed_of=lambda _: _COMMITTED,
        )
        links = Namespace(address=HERE, states=[(_PEER, True)], removed=[(_PEER, _COMMITTED.since)])
        edge_map = EdgeMap()
        edge_map.ownership = Ownership(7, (HERE, _PEER))
        self.report = StatusReport(
            self.owner,
            cast(GroupMember, member),
            self.routes,
            self.writer,
            cast(PeerLinks, links),
            edge_map,
            cast(Sessions, _Sessions(["s1"])),
        )

    async def waits_for(self, number: int = 0) -> dict[str, Any]:
        """Return what the report says of the partition's first unsettled record."""
        report = await self.report.read()
        (partition,) = [each for each in report["partitions"] if each["partition"] == number]
        waits_for: dict[str, Any] = partition["waits_for"]
        return waits_for


def _seconds_ago(text: str) -> float:
    return time.time() - datetime.fromisoformat(text).timestamp()


async def test_a_report_without_records_shows_nothing_waiting() -> None:
    report = await _Rig().report.read()
    assert (report["instance"], report["generation"], report["sockets"]) == (HERE, 7, 1)
    assert report["links"] == [{"peer": _PEER, "up": True}]
    assert report["removed"] == [{"peer": _PEER, "at": _STOOD_AT}]
    assert report["draining"] is False
    assert [each["paused"] for each in report["partitions"]] == [False, True]
    for each in report["partitions"]:
        assert (each["unsettled"], each["settled_beyond"], each["waits_for"]) == (0, 0, None)
        assert (each["committed"], each["committed_at"]) == (0, _STOOD_AT)
    assert report["in_flight"] == []


async def test_edges_are_those_whose_sockets_have_not_acknowledged() -> None:
    rig = _Rig()
    rig.owner.subscribe(_ANA, "link/s2")
    rig.answer()
    record = rig.feed(_ANA)
    waits_for = await rig.waits_for()
    assert (waits_for["id"], waits_for["state"]) == (record, "pushed")
    assert (waits_for["user"], waits_for["attempt"]) == (masked(_ANA), 1)
    assert waits_for["edges"] == sorted((HERE, _PEER))
    assert 0 <= _seconds_ago(waits_for["since"]) < 10
    rig.routes.close("link")
    assert (await rig.waits_for())["edges"] == [HERE]


async def test_an_ack_that_is_not_written_says_when_it_came() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.sockets.acks[-1]()
    assert (await rig.waits_for())["since"] == _STOOD_AT, "the writer does not know it yet"
    rig.writer.add(Delivered(_ANA, [record], 3), lambda: None)
    waits_for = await rig.waits_for()
    assert (waits_for["state"], waits_for["attempt"], waits_for["edges"]) == ("acked", 3, [])
    assert 0 <= _seconds_ago(waits_for["since"]) < 10
    assert (await rig.report.read())["in_flight"] == []


async def test_a_user_whose_link_has_broken_is_shown_as_connecting() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.owner.lose(_ANA, "own/s1")
    waits_for = await rig.waits_for()
    assert (waits_for["id"], waits_for["state"]) == (record, "connecting")
    assert 0 <= _seconds_ago(waits_for["since"]) < 10


async def test_a_push_that_a_rebalance_has_suspended_is_not_shown_as_pushed() -> None:
    rig = _Rig()
    first, second = rig.feed(_ANA), rig.feed(_ANA)
    rig.owner.suspend()
    rig.sockets.acks.pop()()
    waits_for = await rig.waits_for()
    assert (waits_for["id"], waits_for["state"]) == (first, "acked")
    rig.write()
    waits_for = await rig.waits_for()
    assert (waits_for["id"], waits_for["state"], waits_for["edges"]) == (second, "other", [])
    report = await rig.report.read()
    assert [each["suspended"] for each in report["partitions"]] == [True, True]
    assert report["in_flight"] == []


async def test_a_dead_letter_and_a_stub_say_since_when_they_wait() -> None:
    rig = _Rig()
    tracker = rig.owner.partitions[0].tracker
    tracker.receive(5, 10, _ANA.encode())
    tracker.dead_letter(5, 10, _ANA.encode(), clock.now().steady - 60)
    waits_for = await rig.waits_for()
    assert (waits_for["offset"], waits_for["state"]) == (5, "dead_letter")
    assert waits_for["user"] == masked(_ANA)
    assert 59 < _seconds_ago(waits_for["since"]) < 70
    tracker = rig.owner.partitions[1].tracker
    tracker.receive_range(0, 5)
    tracker.dead_letter(0, 0, b"\xff", clock.now().steady)
    assert (await rig.waits_for(1))["user"] == masked("\ufffd")


async def test_held_records_wait_since_the_committed_offset_last_changed() -> None:
    rig = _Rig(hold=True)
    rig.feed(_EVE)
    assert (await rig.waits_for(1))["state"] == "held"
    assert (await rig.waits_for(1))["since"] == _STOOD_AT


async def test_a_thousand_partitions_of_many_users_do_not_hold_up_the_loop() -> None:
    rig = _Rig()
    for number in range(1_000):
        rig.owner.partitions[number] = _partition_with_a_silent_user(number)
    crowded = rig.owner.partitions[0]
    quick = (Recipient(str(number), crowded, User(_RULES)) for number in range(_QUICK_USERS))
    crowded.pushed = dict.fromkeys(quick, 0.0) | crowded.pushed
    async with loop_watched() as held:
        await asyncio.sleep(0)
        report = await rig.report.read()
        await asyncio.sleep(0)
        assert held() < _MOST_SECONDS
    assert len(report["partitions"]) == 1_000
    assert {each["waits_for"]["state"] for each in report["partitions"]} == {"pushed"}
    assert len(report["in_flight"]) == 100
    times = [flight["pushed_at"] for flight in report["in_flight"]]
    assert times == sorted(times)
    assert len(crowded.pushed) > _QUICK_USERS / 2, "one report must not look at all users"
    while len(crowded.pushed) > 1:  # each report forgets some users whose ack has come
        left = len(crowded.pushed)
        report = await rig.report.read()
        assert len(crowded.pushed) < left
    assert (await rig.report.read())["in_flight"][0]["partition"] == 0, "it waits longest"


#: Users of one partition who acknowledged their last push long ago.
_QUICK_USERS = 5_000
#: The limit for one step on the slowest machine. Slices take 2 ms.
_MOST_SECONDS = 0.015
_RULES = Rules(ack_timeout_seconds=10, ack_attempts=3)


def _partition_with_a_silent_user(number: int) -> Partition:
    partition, user = Partition(number, Tracker(0, EPOCH)), User(_RULES)
    recipient = partition.recipients[_ANA] = Recipient(_ANA, partition, user)
    now = clock.now()
    user.connect("own/s1", now)
    user.answer([], now)
    record = Record(_ids.next(), b"{}", None, _ANA, False, number, 0, EPOCH)
    partition.tracker.receive(0, 2, _ANA.encode())
    user.receive(record, now, is_only=True)
    partition.pushed[recipient] = now.steady
    return partition
