"""Records, read by the public contract."""

import json
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from tests.auditor.facts import CREATED, ERASED, DeadLetter
from tests.auditor.record import to_dead_letter, to_record
from tests.auditor.scene import START, an_id

_HEADERS = (
    ("ce_id", b"1"),
    ("ce_type", CREATED.encode()),
    ("ce_source", b"/producer-api"),
    ("ce_time", b"2027-01-15T08:00:01.000Z"),
)
_VALUE: dict[str, Any] = {
    "id": an_id(1),
    "user_id": "ana",
    "type": "order.shipped",
    "title": "Pedido despachado",
    "body": "",
    "data": {},
    "action_url": None,
    "created_at": "2027-01-15T08:00:01.000Z",
    "expires_at": None,
    "collapse_key": None,
}


def _found(
    value: bytes | None = None,
    key: bytes | None = b"ana",
    headers: tuple[tuple[str, bytes], ...] = _HEADERS,
    **fields: Any,
) -> ConsumerRecord[Any, Any]:
    text = json.dumps({**_VALUE, **fields}).encode() if value is None else value
    return ConsumerRecord(
        topic="notifications",
        partition=1,
        offset=7,
        timestamp=0,
        timestamp_type=0,
        key=key,
        value=text,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=headers,
    )


def test_a_created_notification() -> None:
    record = to_record(_found(expires_at="2027-01-15T08:00:02Z"))
    assert (record.partition, record.offset, record.kind, record.user) == (1, 7, CREATED, "ana")
    assert (record.id, record.source, record.problem) == (an_id(1), "/producer-api", "")
    assert (record.at, record.expires_at) == (START + 1, START + 2)
    assert record.creates


def test_a_change_of_state_needs_no_value() -> None:
    record = to_record(_found(b"", headers=(("ce_type", b"notification.read"),)))
    assert (record.kind, record.user, record.problem) == ("notification.read", "ana", "")
    assert not record.creates


def test_an_erasure_says_up_to_where() -> None:
    headers = (("ce_type", ERASED.encode()),)
    record = to_record(_found(b'{"erased_up_to":"%b"}' % an_id(9).encode(), headers=headers))
    assert (record.erases, record.erased_up_to, record.id) == (True, an_id(9), "")
    for said in (b"", b"{}", b'{"erased_up_to":9}'):
        record = to_record(_found(said, headers=headers))
        assert record.problem
        assert not record.erases


@pytest.mark.parametrize("change", ["seen", "read", "unread", "archived", "unarchived"])
def test_the_ids_that_a_change_names_are_no_notifications_of_its_own(change: str) -> None:
    kind = f"notification.{change}"
    value = b'{"unread_count":0,"unseen_count":0,"changed":[{"id":"%b"}]}' % an_id(1).encode()
    record = to_record(_found(value, headers=(("ce_id", b"2"), ("ce_type", kind.encode()))))
    assert (record.kind, record.user, record.id, record.problem) == (kind, "ana", "", "")
    assert not record.creates


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (_found(headers=()), "ce_type"),
        (_found(headers=(("ce_type", b"\xff"),)), "ce_type"),
        (_found(b""), "not JSON"),
        (_found(b"\xff"), "not JSON"),
        (_found(b"[" * 100_000), "not JSON"),
        (_found(b'{"user_id":"\\ud800"}'), "not JSON"),
        (_found(b"[]"), "no JSON object"),
        (_found(id=1), "id is missing"),
        (_found(id="1"), "id is no UUID"),
        (_found(id=an_id(1).upper()), "id is no UUID"),
        (_found(title=None), "title"),
        (_found(user_id="berto"), "key"),
        (_found(key=None), "key"),
        (_found(expires_at="soon"), "expires_at"),
        (_found(expires_at="2027-01-15T08:00:02"), "expires_at"),
        (_found(expires_at=5), "expires_at"),
    ],
)
def test_says_what_is_wrong(found: ConsumerRecord[Any, Any], problem: str) -> None:
    record = to_record(found)
    assert problem in record.problem
    assert not record.creates


def test_a_dead_letter_names_its_place() -> None:
    place = (
        ("dlq_reason", b"the value is not JSON"),
        ("dlq_topic", b"notifications"),
        ("dlq_partition", b"1"),
        ("dlq_offset", b"7"),
    )
    record, letter = to_record(_found(b"{")), _found(b"{", headers=(*_HEADERS, *place))
    assert to_dead_letter(letter, "notifications") == DeadLetter(
        1, 7, "the value is not JSON", record.fingerprint
    )
    assert to_dead_letter(letter, "other").partition is None
    assert to_dead_letter(_found(b"{"), "notifications").offset is None


def test_fingerprints_tell_key_from_value_and_nothing_from_empty() -> None:
    pairs = ((b"a", b"bc"), (b"ab", b"c"), (None, b""), (b"", b""))
    prints = {to_record(_found(value, key)).fingerprint for key, value in pairs}
    assert len(prints) == 4
