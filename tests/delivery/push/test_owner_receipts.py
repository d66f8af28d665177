"""What an owner has told of what became of notifications: one outcome each, when it is so."""

from delivery.core.record import Record
from producer_api.contract.events import ReceiptType
from tests.delivery.push.rig import EPOCH, USERS, OwnerRig, Sockets, entry

_ANA, _EVE = USERS


class _Rig(OwnerRig):
    """The owner of both partitions; the user of one is live, that of the other one away."""

    def __init__(self, *, hold: bool = False) -> None:
        super().__init__(hold=hold)
        self.sockets = Sockets()
        self.routes.open("own", self.sockets)
        self.adopt(1, {0, 1})
        self.assign(0, 1)
        self.owner.subscribe(_ANA, "own/s1")
        self.answer()

    def told(self) -> list[tuple[ReceiptType, list[str], int]]:
        """What has been told since this was asked last."""
        told = self.receipts.oldest(1_000)
        self.receipts.confirm(told)
        return [(each.kind, list(each.ids), each.attempt) for one in told for each in one.receipts]


def test_of_a_user_who_is_away_it_is_parked() -> None:
    rig = _Rig()
    record = rig.feed(_EVE)
    assert rig.told() == [(ReceiptType.PARKED, [record], 0)]


def test_under_hold_nothing_is_parked() -> None:
    rig = _Rig(hold=True)
    rig.feed(_EVE)
    rig.feed(_ANA)
    rig.owner.unsubscribe(_ANA, "own/s1")
    assert rig.told() == []


def test_with_the_last_socket_goes_what_was_pushed_in_vain_and_what_was_not_pushed() -> None:
    rig = _Rig()
    first, second = rig.feed(_ANA), rig.feed(_ANA)
    rig.owner.unsubscribe(_ANA, "own/s1")
    assert rig.told() == [(ReceiptType.PARKED, [first], 1), (ReceiptType.PARKED, [second], 0)]


def test_the_parking_inside_catching_up_is_told_nobody() -> None:
    rig = _Rig()
    rig.owner.subscribe(_ANA, "own/s2")
    rig.feed(_ANA)
    assert rig.told() == []


def test_of_a_partition_that_was_lost_the_next_owner_tells() -> None:
    rig = _Rig()
    rig.feed(_ANA)
    rig.owner.revoke(0)
    rig.owner.unsubscribe(_ANA, "own/s1")
    assert rig.told() == []


def test_what_has_expired_on_the_log_is_told_wherever_the_user_is() -> None:
    rig = _Rig()
    expired = [_put(rig, user, expires_at=1.0) for user in USERS]
    moments = {receipt.at for told in rig.receipts.oldest(9) for receipt in told.receipts}
    assert moments == {1.0}, "as whoever tells it from the inbox does"
    assert rig.told() == [(ReceiptType.EXPIRED, [name], 0) for name in expired]


def test_the_inbox_is_to_say_whether_one_that_collapses_is_superseded() -> None:
    rig = _Rig()
    name, older = _put(rig, _EVE, collapses=True), entry().id
    rig.push.feed.supersede(rig.owner.partitions[1], _EVE, {older}, b"{}")
    assert rig.told() == [
        (ReceiptType.SUPERSEDED, [name], 0),
        (ReceiptType.PARKED, [name], 0),
        (ReceiptType.SUPERSEDED, [older], 0),
    ]


def test_a_delivered_one_says_which_push_it_was() -> None:
    rig = _Rig()
    name = rig.feed(_ANA)
    rig.deadlines[0]()
    rig.deadlines[1]()
    rig.sockets.acks[-1]()
    assert [(one.ids, one.attempt) for one, _ in rig.to_write] == [([name], 3)]


def _put(rig: _Rig, user: str, *, expires_at: float | None = None, collapses: bool = False) -> str:
    number, offset = rig._next_place(user)
    name = entry().id
    record = Record(name, b"{}", expires_at, user, collapses, number, offset, EPOCH)
    rig._take_in(number, record)
    return name
