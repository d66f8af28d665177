"""The receipts that an owner queues: one per outcome of a notification."""

import time

from delivery.core.decision_types import SettleOutcome
from delivery.core.record import Record
from producer_api.contract.events import ReceiptType
from tests.delivery.push.rig import EPOCH, USERS, OwnerRig, Sockets, entry

_ANA, _EVE = USERS


class _Rig(OwnerRig):
    """An owner of both partitions, with a live user in one and an absent user in the other."""

    def __init__(self, *, hold: bool = False) -> None:
        super().__init__(hold=hold)
        self.sockets = Sockets()
        self.routes.open("own", self.sockets)
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        self.owner.subscribe(_ANA, "own/s1")
        self.answer()

    def new_receipts(self) -> list[tuple[ReceiptType, list[str], int]]:
        """Return the receipts that were queued since the last call."""
        added = self.receipts.oldest(1_000)
        self.receipts.confirm(added)
        return [
            (receipt.kind, list(receipt.ids), receipt.attempt)
            for batch in added
            for receipt in batch.receipts
        ]


def test_notification_of_an_absent_user_gets_a_parked_receipt() -> None:
    rig = _Rig()
    record = rig.feed(_EVE)
    assert rig.new_receipts() == [(ReceiptType.PARKED, [record], 0)]


def test_under_hold_there_are_no_parked_receipts() -> None:
    rig = _Rig(hold=True)
    rig.feed(_EVE)
    rig.feed(_ANA)
    rig.owner.unsubscribe(_ANA, "own/s1")
    assert rig.new_receipts() == []


def test_losing_the_last_socket_parks_pushed_and_queued_records() -> None:
    rig = _Rig()
    first, second = rig.feed(_ANA), rig.feed(_ANA)
    rig.owner.unsubscribe(_ANA, "own/s1")
    assert rig.new_receipts() == [
        (ReceiptType.PARKED, [first], 1),
        (ReceiptType.PARKED, [second], 0),
    ]


def test_an_ack_names_the_first_push_and_the_instance_with_the_socket() -> None:
    rig, peer = _Rig(), Sockets()
    rig.routes.open("link#1", peer, "http://peer:1")
    rig.owner.subscribe(_ANA, "link#1/s2")
    rig.answer()
    before = time.monotonic()
    record = rig.feed(_ANA)
    after = time.monotonic()
    rig.deadlines.pop()()
    assert peer.pushed[-1] == f"s2: {record}!", "pushed again"
    peer.acks[-1]()
    rig.sockets.acks[-1]()
    ((delivered, _),) = rig.to_write
    assert (delivered.ids, delivered.attempt, delivered.edge) == ([record], 2, "http://peer:1")
    assert delivered.pushed is not None
    assert before <= delivered.pushed <= after


def test_parking_while_catching_up_gives_no_receipt() -> None:
    rig = _Rig()
    rig.owner.subscribe(_ANA, "own/s2")
    rig.feed(_ANA)
    assert rig.new_receipts() == []


def test_lost_partition_gives_no_receipts() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.owner.revoke(0)
    rig.owner.unsubscribe(_ANA, "own/s1")
    assert rig.new_receipts() == []


def test_expired_record_gets_a_receipt_whether_its_user_is_connected_or_not() -> None:
    rig = _Rig()
    expired = [_put(rig, user, expires_at=1.0) for user in USERS]
    times = {receipt.at for batch in rig.receipts.oldest(9) for receipt in batch.receipts}
    assert times == {1.0}, "as in the receipt that is recovered from the inbox"
    assert rig.new_receipts() == [(ReceiptType.EXPIRED, [record], 0) for record in expired]


def test_record_with_a_collapse_key_queues_a_superseded_receipt_to_confirm() -> None:
    rig = _Rig()
    newer, older = _put(rig, _EVE, collapses=True), entry().id
    partition = rig.owner.partitions[1]
    rig.push.feed.take_back(partition, _EVE, {older}, b"{}", SettleOutcome.SUPERSEDED)
    assert rig.new_receipts() == [
        (ReceiptType.SUPERSEDED, [newer], 0),
        (ReceiptType.PARKED, [newer], 0),
        (ReceiptType.SUPERSEDED, [older], 0),
    ]


def test_delivered_receipt_has_the_attempt_that_was_acked() -> None:
    rig = _Rig()
    record = rig.feed(_ANA)
    rig.deadlines[0]()
    rig.deadlines[1]()
    rig.sockets.acks[-1]()
    assert [(delivered.ids, delivered.attempt) for delivered, _ in rig.to_write] == [([record], 3)]


def _put(rig: _Rig, user: str, *, expires_at: float | None = None, collapses: bool = False) -> str:
    number, offset = rig._next_place(user)
    record = Record(entry().id, b"{}", expires_at, user, collapses, number, offset, EPOCH)
    rig._take_in(number, record)
    return record.id
