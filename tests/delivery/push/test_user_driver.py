"""After a partition is revoked, a late ack is still written, but nothing else happens."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace as Namespace
from typing import cast

import pytest

from delivery.core.decision_types import Event
from delivery.core.ownership import Ownership
from delivery.core.record import OwedNotification, Record
from delivery.core.rules import Rules
from delivery.core.tracker import Tracker
from delivery.delivered.writer import DeliveredWriter
from delivery.push.catch_up import CatchUp, PageHandler
from delivery.push.deadlines import Deadlines
from delivery.push.partition import Partition
from delivery.push.parts import PushParts
from delivery.push.routes import Routes
from delivery.push.subscribers import Subscribers
from delivery.receipts.owed_receipts import Delivered
from delivery.receipts.queue import Receipts
from producer_api.contract.ids import IdSource
from tests.delivery.push.rig import held

_USER, _SOCKET = "ana", "socket of ana"
_EPOCH = 1
_ids = IdSource()


class _Outside:
    """Records all calls of the owner to other parts. The test gives the answers."""

    def __init__(self) -> None:
        self.pushed: list[Event] = []
        self.acks: list[Callable[[], None]] = []
        self.disconnected: list[str] = []
        self.to_write: list[list[str]] = []
        self.writes: list[Callable[[], None]] = []
        self.answers: list[PageHandler] = []
        self.deadlines: list[Callable[[], None]] = []

    def push(
        self, _connection: str, event: Event, acked: Callable[[], None], *, again: bool
    ) -> None:
        assert not again
        self.pushed.append(event)
        self.acks.append(acked)

    def write(self, delivered: Delivered, then: Callable[[], None]) -> None:
        self.to_write.append(delivered.ids)
        self.writes.append(then)

    def ask(self, _user: str, answer: PageHandler) -> None:
        self.answers.append(answer)

    def watch(self, _at: float, check: Callable[[], None]) -> None:
        self.deadlines.append(check)

    def counts(self) -> tuple[int, ...]:
        """Count the actions that only the partition's owner may do: push, disconnect, query."""
        return len(self.pushed), len(self.disconnected), len(self.answers)


class _Rig:
    """An owner of one partition, with one live user."""

    def __init__(self, *, hold: bool = False, ack_attempts: int = 3) -> None:
        self.outside = outside = _Outside()
        sockets = Namespace(
            push=outside.push, disconnect=outside.disconnected.append, edge_of=lambda _: ""
        )
        subscribers = Subscribers()
        subscribers.adopt(Ownership(1, ("http://here",)), (0,))
        self.push = PushParts.wired(
            Rules(ack_timeout_seconds=0, ack_attempts=ack_attempts, hold=hold),
            subscribers,
            cast(Routes, sockets),
            cast(DeliveredWriter, Namespace(add=outside.write)),
            Receipts(),
            cast(CatchUp, Namespace(ask=outside.ask)),
            cast(Deadlines, Namespace(add=outside.watch)),
        )
        self.owner = self.push.owner
        self.tracker = Tracker(0, _EPOCH)
        self.owner.assign(0, self.tracker)
        self.partition: Partition = self.owner.partitions[0]
        self.owner.subscribe(_USER, _SOCKET)
        self.answer([])

    def answer(self, page: Sequence[OwedNotification]) -> None:
        """Let the inbox answer the last query."""
        self.outside.answers[-1](page)

    def feed(self) -> Record:
        """Feed one more record of the user."""
        offset = self.tracker.next_to_receive
        record = Record(_ids.next(), b"{}", None, _USER, False, 0, offset, _EPOCH)
        self.tracker.receive(offset, len(record.value))
        self.push.feed.feed(self.partition, [record])
        return record


def test_late_ack_is_written_but_the_next_event_is_not_pushed() -> None:
    rig = _Rig()
    first, _gathering = rig.feed(), rig.feed()
    rig.owner.revoke(0)
    before = rig.outside.counts()
    rig.outside.acks[0]()
    assert rig.outside.to_write == [[first.id]]
    assert rig.outside.counts() == before


def test_late_write_settles_nothing_and_queries_nothing() -> None:
    rig = _Rig()
    rig.feed()
    rig.owner.subscribe(_USER, "another socket")  # the user catches up once the ack is written
    rig.outside.acks[0]()
    rig.owner.revoke(0)
    before = rig.outside.counts()
    rig.outside.writes[0]()
    assert rig.outside.counts() == before
    assert rig.tracker.in_flight == 1


def test_late_page_is_not_pushed() -> None:
    rig = _Rig()
    rig.owner.subscribe(_USER, "another socket")
    rig.owner.revoke(0)
    before = rig.outside.counts()
    rig.answer([OwedNotification(_ids.next(), b"{}", None)])
    assert rig.outside.counts() == before


@pytest.mark.parametrize("ack_attempts", [1, 3])
def test_late_deadline_neither_pushes_again_nor_ends_a_connection(
    ack_attempts: int,
) -> None:
    rig = _Rig(ack_attempts=ack_attempts)
    rig.feed()
    rig.owner.revoke(0)
    before = rig.outside.counts()
    rig.outside.deadlines[0]()
    assert rig.outside.counts() == before


def test_held_record_of_a_lost_partition_is_not_settled() -> None:
    rig = _Rig(hold=True)
    rig.owner.unsubscribe(_USER, _SOCKET)
    fed = rig.feed()
    ((held_id, recipient),) = held(rig.owner).items()
    assert held_id == fed.id
    rig.owner.revoke(0)
    rig.push.driver.no_longer_owed(recipient, held_id)
    assert rig.tracker.in_flight == 1


def test_revoked_partition_stays_revoked_when_it_is_assigned_again() -> None:
    rig = _Rig()
    first, _gathering = rig.feed(), rig.feed()
    rig.owner.revoke(0)
    rig.owner.assign(0, Tracker(0, _EPOCH + 1))
    before = rig.outside.counts()
    rig.outside.acks[0]()
    assert rig.outside.to_write == [[first.id]]
    assert rig.outside.counts() == before
