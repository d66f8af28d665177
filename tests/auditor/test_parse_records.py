"""Records are parsed according to the public contract."""

import json
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from tests.auditor.clean_run import START, id_at
from tests.auditor.facts import CREATED, ERASED, WITHDRAWN, DeadLetter
from tests.auditor.parse_records import parse_dead_letter, parse_record

_HEADERS = (
    ("ce_id", b"1"),
    ("ce_type", CREATED.encode()),
    ("ce_source", b"/producer-api"),
    ("ce_time", b"2027-01-15T08:00:01.000Z"),
)
_VALUE: dict[str, Any] = {
    "id": id_at(1),
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


def _consumed(
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


def test_a_created_notification_is_parsed() -> None:
    record = parse_record(_consumed(expires_at="2027-01-15T08:00:02Z"))
    assert (record.partition, record.offset, record.kind, record.user) == (1, 7, CREATED, "ana")
    assert (record.id, record.source, record.problem) == (id_at(1), "/producer-api", "")
    assert (record.at, record.expires_at) == (START + 1, START + 2)
    assert record.creates
    assert (record.category, record.is_muted) == ("order", False)
    muted = parse_record(_consumed(headers=(*_HEADERS, ("removed", b"muted"))))
    assert (muted.is_muted, muted.problem) == (True, "")


def test_a_state_change_needs_no_value() -> None:
    record = parse_record(_consumed(b"", headers=(("ce_type", b"notification.read"),)))
    assert (record.kind, record.user, record.problem) == ("notification.read", "ana", "")
    assert not record.creates


def test_an_erasure_needs_erased_up_to() -> None:
    headers = (("ce_type", ERASED.encode()),)
    record = parse_record(_consumed(b'{"erased_up_to":"%b"}' % id_at(9).encode(), headers=headers))
    assert (record.erases, record.erased_up_to, record.id) == (True, id_at(9), "")
    for value in (b"", b"{}", b'{"erased_up_to":9}'):
        record = parse_record(_consumed(value, headers=headers))
        assert record.problem
        assert not record.erases


def test_a_withdrawal_needs_the_ids_and_the_time() -> None:
    headers = (("ce_type", WITHDRAWN.encode()),)
    text = b'{"changed":[{"id":"%b","withdrawn_at":%b}]}'
    at = b'"2027-01-15T08:00:02Z"'
    record = parse_record(_consumed(text % (id_at(9).encode(), at), headers=headers))
    assert (record.withdrawn, record.id, record.problem) == ((id_at(9),), "", "")
    for value in (b"{}", b'{"changed":[]}', text % (b"9", at), text % (id_at(9).encode(), b"1")):
        assert parse_record(_consumed(value, headers=headers)).problem


@pytest.mark.parametrize("change", ["seen", "read", "unread", "archived", "unarchived"])
def test_the_ids_in_a_state_change_are_not_mistaken_for_its_own(change: str) -> None:
    kind = f"notification.{change}"
    value = b'{"unread_count":0,"unseen_count":0,"changed":[{"id":"%b"}]}' % id_at(1).encode()
    record = parse_record(_consumed(value, headers=(("ce_id", b"2"), ("ce_type", kind.encode()))))
    assert (record.kind, record.user, record.id, record.problem) == (kind, "ana", "", "")
    assert not record.creates


@pytest.mark.parametrize(
    ("consumed", "problem"),
    [
        (_consumed(headers=()), "ce_type"),
        (_consumed(headers=(("ce_type", b"\xff"),)), "ce_type"),
        (_consumed(b""), "not JSON"),
        (_consumed(b"\xff"), "not JSON"),
        (_consumed(b"[" * 100_000), "not JSON"),
        (_consumed(b'{"user_id":"\\ud800"}'), "not JSON"),
        (_consumed(b"[]"), "not a JSON object"),
        (_consumed(id=1), "id is missing"),
        (_consumed(id="1"), "id is not a UUID"),
        (_consumed(id=id_at(1).upper()), "id is not a UUID"),
        (_consumed(title=None), "title"),
        (_consumed(user_id="berto"), "key"),
        (_consumed(key=None), "key"),
        (_consumed(expires_at="soon"), "expires_at"),
        (_consumed(expires_at="2027-01-15T08:00:02"), "expires_at"),
        (_consumed(expires_at=5), "expires_at"),
    ],
)
def test_the_problem_names_the_broken_field(
    consumed: ConsumerRecord[Any, Any], problem: str
) -> None:
    record = parse_record(consumed)
    assert problem in record.problem
    assert not record.creates


def test_a_dead_letter_names_its_partition_and_offset() -> None:
    origin = (
        ("dlq_reason", b"the value is not JSON"),
        ("dlq_topic", b"notifications"),
        ("dlq_partition", b"1"),
        ("dlq_offset", b"7"),
    )
    record, letter = parse_record(_consumed(b"{")), _consumed(b"{", headers=(*_HEADERS, *origin))
    assert parse_dead_letter(letter, "notifications") == DeadLetter(
        1, 7, "the value is not JSON", record.fingerprint
    )
    assert parse_dead_letter(letter, "other").partition is None
    assert parse_dead_letter(_consumed(b"{"), "notifications").offset is None


def test_fingerprints_distinguish_key_from_value_and_none_from_empty() -> None:
    pairs = ((b"a", b"bc"), (b"ab", b"c"), (None, b""), (b"", b""))
    prints = {parse_record(_consumed(value, key)).fingerprint for key, value in pairs}
    assert len(prints) == 4
