"""What the away program reads from records."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from delivery.away.core.entry import Until
from delivery.away.core.parse import Created, Erased, Settled, UnreadableRecordError, parse

_ID = "0198c0de-0000-7000-8000-000000000000"
_CREATED = {
    "id": _ID,
    "user_id": "ana",
    "type": "order.shipped.late",
    "created_at": "2026-11-02T08:00:00.000Z",
}
_TEXTS = [None, b"", b"{", b"\xff", b'{"a":' + b"[" * 2_000, b" " * 600_000]


def _parse(kind: str, value: Any, until: Until = Until.DELIVERED) -> Any:
    return parse([("ce_id", b"1"), ("ce_type", kind.encode())], orjson.dumps(value), until)


def test_a_created_record_names_its_category() -> None:
    at = datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert _parse("notification.created", _CREATED) == Created(_ID, "ana", "order", at)


@pytest.mark.parametrize("kind", ["seen", "read", "archived"])
def test_a_change_settles_its_notifications(kind: str) -> None:
    value = {"changed": [{"id": _ID, "seen_at": "…"}]}
    assert _parse(f"notification.{kind}", value) == Settled([_ID])


def test_a_delivery_settles_its_notification_unless_it_must_be_seen() -> None:
    value = {"notification_id": _ID}
    assert _parse("notification.delivered", value) == Settled((_ID,))
    assert _parse("notification.delivered", value, Until.SEEN) is None
    assert _parse("notification.superseded", value, Until.SEEN) == Settled((_ID,))


def test_the_record_and_the_receipt_of_a_withdrawal_both_settle_it() -> None:
    changed = [{"id": _ID, "withdrawn_at": "…"}, {"id": "another", "withdrawn_at": None}]
    assert _parse("notification.withdrawn", {"changed": changed}) == Settled([_ID])
    assert _parse("notification.withdrawn", {"notification_id": _ID}) == Settled((_ID,))


def test_a_muted_notification_makes_no_entry() -> None:
    headers = [("ce_type", b"notification.created"), ("removed", b"muted")]
    assert parse(headers, orjson.dumps(_CREATED), Until.DELIVERED) is None


def test_an_erasure_names_the_user() -> None:
    assert _parse("notification.erased", {"user_id": "ana"}) == Erased("ana")


@pytest.mark.parametrize("kind", ["notification.unread", "notification.parked", "something.else"])
def test_other_records_do_not_matter(kind: str) -> None:
    assert _parse(kind, {}) is None
    assert parse([], None, Until.DELIVERED) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        7,
        {},
        _CREATED | {"id": "ana"},
        _CREATED | {"user_id": 7},
        _CREATED | {"type": None},
        _CREATED | {"created_at": "2026-11-02T08:00:00"},
        _CREATED | {"created_at": "yesterday"},
        _CREATED | {"created_at": "9999-12-31T23:59:59Z"},
    ],
)
def test_a_malformed_record_is_unreadable(value: Any) -> None:
    with pytest.raises(UnreadableRecordError):
        _parse("notification.created", value)


@pytest.mark.parametrize("text", _TEXTS)
def test_bytes_that_are_no_record_are_unreadable(text: bytes | None) -> None:
    with pytest.raises(UnreadableRecordError):
        parse([("ce_type", b"notification.created")], text, Until.DELIVERED)
