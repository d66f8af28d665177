"""Parsing of erasures, withdrawals, supersede notices, mutes and expiry times."""

from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from delivery.consume.parse_record import (
    InboxChange,
    Muted,
    SupersedeNotice,
    UnreadableRecordError,
    parse_record,
    supersede_notice_in,
)
from delivery.core.record import Erasure, Record, Withdrawal
from producer_api.contract.events import MUTED, EventType, Header, headers

_ID = "0198c0de-0000-7000-8000-000000000001"


def _record(kind: EventType, value: bytes) -> ConsumerRecord:
    headers = ((Header.TYPE, kind.encode()),)
    return ConsumerRecord("notifications", 3, 7, 0, 0, b"ana", value, None, 3, len(value), headers)


def test_erasure_has_the_id_up_to_which_it_erases() -> None:
    value = orjson.dumps({"erased": True, "erased_up_to": _ID})
    parsed = parse_record(_record(EventType.ERASED, value), 5)
    assert parsed == Erasure("ana", _ID, value, offset=7, epoch=5)
    assert isinstance(parse_record(_record(EventType.READ, value), 5), InboxChange)


def test_withdrawal_has_the_withdrawn_ids_and_the_unchanged_event() -> None:
    value = _notice([{"id": _ID, "withdrawn_at": "2026-01-01T00:00:00Z"}, {"id": "b"}])
    parsed = parse_record(_record(EventType.WITHDRAWN, value), 5)
    assert parsed == Withdrawal("ana", frozenset({_ID}), value, offset=7, epoch=5)


@pytest.mark.parametrize("changed", [None, ["a"], [{"withdrawn_at": "now"}]])
def test_withdrawal_that_is_not_an_inbox_event_is_unreadable(changed: Any) -> None:
    with pytest.raises(UnreadableRecordError, match="value is not an inbox event"):
        parse_record(_record(EventType.WITHDRAWN, _notice(changed)), 5)


@pytest.mark.parametrize("up_to", [None, 5, "", _ID.upper(), "zzz"])
def test_erasure_without_a_valid_id_is_unreadable(up_to: object) -> None:
    value = orjson.dumps({"erased": True, "erased_up_to": up_to})
    for unreadable in (value, b"{}"):
        with pytest.raises(UnreadableRecordError, match="erased_up_to"):
            parse_record(_record(EventType.ERASED, unreadable), 5)


def test_a_value_or_a_notice_that_would_take_long_to_parse_is_not_parsed() -> None:
    large = b"[" + b"{}," * 300_000 + b"{}]"
    for kind in (EventType.CREATED, EventType.READ, EventType.ERASED):
        with pytest.raises(UnreadableRecordError, match="bytes, too many"):
            parse_record(_record(kind, large), 5)
    with pytest.raises(UnreadableRecordError, match="bytes, too many"):
        supersede_notice_in(_superseding((Header.INBOX, large)))


def _superseding(*headers: tuple[str, bytes | None]) -> ConsumerRecord:
    kind = (Header.TYPE.value, EventType.CREATED.encode())
    return ConsumerRecord("t", 0, 7, 0, 0, b"ana", b"{}", None, 3, 2, (kind, *headers))


def _notice(changed: Any) -> bytes:
    return orjson.dumps({"unread_count": 1, "unseen_count": 1, "changed": changed})


def test_record_without_the_header_has_no_notice() -> None:
    assert supersede_notice_in(_superseding()) is None
    assert supersede_notice_in(_superseding(("traceparent", b"00-1"))) is None


def test_notice_has_the_superseded_ids_and_the_unchanged_event() -> None:
    text = _notice([{"id": _ID, "read_at": None, "superseded_by": "c"}, {"id": "b"}])
    assert supersede_notice_in(_superseding((Header.INBOX.value, text))) == SupersedeNotice(
        frozenset({_ID}), text
    )


_NO_CHANGES = [None, ["a"], [{}, 7], [{"superseded_by": "c"}], [{"id": [], "superseded_by": "c"}]]


@pytest.mark.parametrize(
    "text", [None, b"", b"{", b"[]", b"{}", *(_notice(changed) for changed in _NO_CHANGES)]
)
def test_header_that_is_not_an_inbox_event_is_unreadable(text: bytes | None) -> None:
    with pytest.raises(UnreadableRecordError, match=r"header inbox|JSON"):
        supersede_notice_in(_superseding((Header.INBOX.value, text)))


_CREATED = {
    "id": _ID,
    "user_id": "ana",
    "type": "offer.new",
    "title": "x",
    "body": "",
    "created_at": "2026-01-01T00:00:00Z",
}


def _created(*more: tuple[str, bytes]) -> ConsumerRecord:
    value = orjson.dumps(_CREATED)
    every = (*headers(_ID, EventType.CREATED, "/test", "2026-01-01T00:00:00Z"), *more)
    return ConsumerRecord("t", 3, 7, 0, 0, b"ana", value, None, 3, len(value), every)


def test_record_of_a_muted_notification_is_known_by_its_header() -> None:
    removed = (Header.REMOVED.value, MUTED)
    for more in ((removed,), (("traceparent", b"00-1"), removed), (removed, ("x", b""))):
        assert parse_record(_created(*more), 5) == Muted("ana", _ID)
    for other in ((), ((Header.REMOVED.value, b"else"),), (("x", MUTED),)):
        assert isinstance(parse_record(_created(*other), 5), Record)


def _expiring(at: object) -> ConsumerRecord:
    texts = {"user_id": "ana", "type": "order.shipped", "title": "x", "body": ""}
    created = {"id": _ID, **texts, "created_at": "2026-01-01T00:00:00Z", "expires_at": at}
    return _record(EventType.CREATED, orjson.dumps(created))


@pytest.mark.parametrize(
    ("at", "expires_at"),
    [
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T01:00:10.123999+01:00", 10.123),
        ("0001-01-01T00:00:00Z", -62_135_596_800.0),
        (None, None),
    ],
)
def test_expiry_has_whole_milliseconds_as_in_the_inbox(
    at: object, expires_at: float | None
) -> None:
    parsed = parse_record(_expiring(at), 5)
    assert isinstance(parsed, Record)
    assert parsed.expires_at == expires_at


@pytest.mark.parametrize(
    "at",
    ["soon", 5, "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
)
def test_invalid_expiry_is_unreadable(at: object) -> None:
    with pytest.raises(UnreadableRecordError, match="expires_at"):
        parse_record(_expiring(at), 5)
