"""Encoding of receipts as records."""

from datetime import datetime
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.receipt import Receipt
from delivery.receipts.records import record_bodies
from producer_api.contract.events import ReceiptType

_ID = "0198c0de-0001-7000-8000-000000000001"
_CREATED_MS = 0x0198C0DE0001


def _values_of(receipt: Receipt) -> dict[str, Any]:
    ((value, _),) = record_bodies(receipt, "http://here:1")
    read: dict[str, Any] = orjson.loads(value)
    return read


def test_a_record_has_every_field_of_its_receipt() -> None:
    receipt = Receipt(ReceiptType.DELIVERED, "ana", (_ID,), (_CREATED_MS + 12.3) / 1000, attempt=2)
    ((value, headers),) = record_bodies(receipt, "http://here:1")
    at = "2025-08-19T05:47:11.245Z"
    assert orjson.loads(value) == {
        "notification_id": _ID,
        "user_id": "ana",
        "at": at,
        "latency_ms": 12,
        "attempt": 2,
        "instance": "http://here:1",
    }
    assert dict(headers) == {
        "ce_id": f"{_ID}.delivered".encode(),
        "ce_type": b"notification.delivered",
        "ce_source": b"/delivery",
        "ce_specversion": b"1.0",
        "ce_time": at.encode(),
        "content-type": b"application/json",
    }


def test_a_delivered_receipt_names_the_owner_and_the_edge_of_the_push() -> None:
    at = (_CREATED_MS + 12.3) / 1000
    delivered = Receipt(ReceiptType.DELIVERED, "ana", (_ID,), at, 1, pushed_at=at - 0.0052, edge="")
    here = _values_of(delivered)
    assert (here["pushed_at"], here["at"]) == (
        "2025-08-19T05:47:11.240Z",
        "2025-08-19T05:47:11.245Z",
    )
    assert (here["owner"], here["edge"]) == ("http://here:1", "http://here:1")
    hop = _values_of(delivered._replace(edge="http://there:1"))
    assert (hop["owner"], hop["edge"]) == ("http://here:1", "http://there:1")
    assert "edge" not in _values_of(delivered._replace(edge=None)), (
        "the edge is not known after the end of its link"
    )
    by_the_edge = _values_of(delivered._replace(pushed_at=None))
    assert by_the_edge.keys() & {"pushed_at", "owner", "edge"} == {"edge"}


@given(pushed=st.floats(0, 4_000_000_000))
def test_pushed_at_is_the_nearest_millisecond(pushed: float) -> None:
    receipt = Receipt(ReceiptType.DELIVERED, "ana", (_ID,), pushed, 1, pushed_at=pushed, edge="")
    text = _values_of(receipt)["pushed_at"]
    assert len(text) == len("2025-08-19T05:47:11.240Z")
    assert abs(datetime.fromisoformat(text).timestamp() - pushed) <= 0.000_501


def test_latency_is_never_negative_and_null_for_an_id_without_a_time() -> None:
    untimed = _ID.replace("-7", "-4", 1)
    early = Receipt(ReceiptType.PARKED, "ana", (_ID, untimed), _CREATED_MS / 1000 - 5)
    values = [orjson.loads(value) for value, _ in record_bodies(early, "")]
    assert [value["latency_ms"] for value in values] == [0, None]


@given(user=st.text(), reason=st.text(), instance=st.text())
def test_any_text_is_encoded_as_valid_json(user: str, reason: str, instance: str) -> None:
    receipt = Receipt(ReceiptType.DEAD_LETTERED, user, (_ID,), 0.0, reason=reason)
    ((value, _),) = record_bodies(receipt, instance)
    read = orjson.loads(value)
    assert (read["user_id"], read["reason"], read["instance"]) == (user, reason, instance)
    assert "superseded_by" not in read


def test_the_record_id_depends_on_the_notification_and_the_outcome_only() -> None:
    ids = {
        dict(headers)["ce_id"]
        for kind in ReceiptType
        for at in (1.0, 2.0)
        for _, headers in record_bodies(Receipt(kind, "ana", (_ID,), at), "http://here:1")
    }
    assert len(ids) == len(ReceiptType)
