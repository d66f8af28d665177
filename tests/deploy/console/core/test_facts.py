"""The facts that records state. Unreadable records are skipped."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.console.core.event import Event
from deploy.console.core.facts import Change, Created, Erased, Receipt, dead_letter_of, fact_of
from producer_api.contract.events import EventType, ReceiptType
from tests.deploy.console.core.events import changed, created, event, id_at, mark, receipt, time_at

_KINDS = [*EventType, *ReceiptType]
_NAMES = st.sampled_from(
    ["id", "user_id", "changed", "at", "notification_id", "data", "created_at", "erased_up_to"]
)
_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 3, 1e300, "", "ana", "9999-12-31T23:59:59-12:00", [], [1], {}]
)
_JSON = _ODD | st.dictionaries(_NAMES, _ODD | st.lists(_ODD, max_size=2), max_size=5)


def test_a_created_record_tells_its_order_and_its_key() -> None:
    fact = fact_of(created(1, data={"order_id": 77}, collapse_key="order-77"))
    assert isinstance(fact, Created)
    assert (fact.id, fact.order, fact.collapse_key) == (id_at(1), "77", "order-77")


def test_a_receipt_tells_the_way_of_the_push_if_it_has_the_fields() -> None:
    way = {"pushed_at": time_at(8), "owner": "http://i1", "edge": "http://i2"}
    fact = fact_of(receipt("delivered", 1, at=9, attempt=2, **way))
    assert isinstance(fact, Receipt)
    assert (fact.owner, fact.edge, fact.attempt, fact.latency) == ("http://i1", "http://i2", 2, 8)
    older = fact_of(receipt("delivered", 1, at=9))
    assert isinstance(older, Receipt)
    assert (older.pushed_at, older.owner, older.edge) == (None, None, None)


def test_a_withdrawal_is_told_by_a_change_and_by_a_receipt() -> None:
    by_shop = fact_of(changed("withdrawn", mark(1, withdrawn_at=time_at(3)), at=3))
    assert isinstance(by_shop, Change)
    assert by_shop.marks[0].withdrawn_at is not None
    assert isinstance(fact_of(receipt("withdrawn", 1, at=4)), Receipt)


def test_a_dead_letter_tells_its_reason_and_its_lane() -> None:
    letter = event("created", b"{", place=(2, 7), dlq_reason=b"no id", dlq_partition=b"1")
    fact = dead_letter_of(letter, "ana", None)
    assert (fact.partition, fact.place, fact.reason) == (1, "2:7", "no id")
    odd = dead_letter_of(letter._replace(headers=[("dlq_partition", b"9" * 5_000)]), None, None)
    assert odd.partition is None


@given(kind=st.sampled_from(_KINDS), value=_JSON | st.binary(max_size=20))
def test_a_record_with_any_value_is_read_or_skipped(kind: str, value: object) -> None:
    try:
        odd = event(kind.removeprefix("notification."), value)
    except ValueError:  # JSON cannot express it
        return
    fact = fact_of(odd)
    assert fact is None or isinstance(fact, Change | Created | Erased | Receipt)


@given(st.lists(st.tuples(st.text(max_size=9), st.none() | st.binary(max_size=9)), max_size=5))
def test_a_record_with_any_headers_can_be_shown(headers: list[tuple[str, bytes | None]]) -> None:
    odd = Event("notifications", 0, 0, 2**62, headers, b"\xff")
    assert fact_of(odd) is None
    shown = odd.public()
    assert (shown["at"], shown["value"]) == (None, "\\xff")
