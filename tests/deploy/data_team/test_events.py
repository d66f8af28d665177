"""The changes that a record causes, and the records that cause none."""

import json
from typing import Any

import pytest

from deploy.data_team.events import Facts, changes_of

_AT, _LATER = "2026-11-02T08:00:00.000Z", "2026-11-02T08:00:01.000Z"


def _created(**others: Any) -> bytes:
    fields = {
        "id": "2",
        "user_id": "ana",
        "type": "order.shipped",
        "created_at": _AT,
        "expires_at": None,
    }
    return json.dumps(fields | others).encode()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (b"notification.created", b"{"),
        (b"notification.created", b"[]"),
        (b"notification.created", b'{"id": "1"}'),
        (b"notification.created", None),
        (b"notification.read", b'{"user_id": "ana", "changed": null}'),
        (b"notification.created", _created(created_at="yesterday")),
        (b"notification.created", _created(created_at=3)),
        (b"notification.created", _created(user_id=None)),
        (b"notification.created", _created(id={})),
        (b"notification.created", _created(user_id="\ud800")),
        (b"notification.created", _created(created_at="2026-11-02T08:00:00")),
        (b"notification.created", _created(created_at="0001-01-01T00:00:00+14:00")),
        (b"notification.created", b"[" * 100_000),
        (
            b"notification.delivered",
            b'{"notification_id": "1", "user_id": "ana", "at": "2026-11-02T08:00:00Z",'
            b' "latency_ms": 1e400}',
        ),
        (b"notification.parked", b"{}"),
        (b"something.new", b"{}"),
        (None, b"{}"),
    ],
)
def test_unknown_and_unreadable_records_cause_no_change(
    kind: bytes | None, value: bytes | None
) -> None:
    assert changes_of([("ce_type", kind)], value) == []
    assert changes_of([], value) == []


def test_the_first_time_and_the_last_archive_state_count() -> None:
    first = Facts("1", "ana", seen_at="a", is_archived=True)
    later = Facts("1", "ana", seen_at="b", read_at="b", is_archived=False)
    merged = Facts("1", "ana", seen_at="a", read_at="b", is_archived=False)
    assert first.merged_with(later) == merged
    assert first.merged_with(Facts("1", "ana")).is_archived


def test_superseding_is_learned_from_the_newer_record_and_from_the_receipt() -> None:
    marks = {"id": "1", "seen_at": None, "read_at": None, "archived_at": None, "superseded_by": "2"}
    event = json.dumps({"user_id": "ana", "at": _AT, "changed": [marks]}).encode()
    headers = [("ce_type", b"notification.created"), ("inbox", event)]
    created, superseded = changes_of(headers, _created())
    assert isinstance(created, Facts)
    assert (created.id, created.superseded_at) == ("2", None)
    assert superseded == Facts("1", "ana", is_archived=False, superseded_at=_AT)
    fields = {"notification_id": "1", "user_id": "ana", "superseded_by": "2", "at": _LATER}
    receipt = json.dumps(fields).encode()
    (late,) = changes_of([("ce_type", b"notification.superseded")], receipt)
    assert late == Facts("1", "ana", superseded_at=_LATER)
    assert isinstance(superseded, Facts)
    assert superseded.merged_with(late).superseded_at == _AT
    assert late.merged_with(superseded).superseded_at == _AT
    assert superseded.merged_with(Facts("1", "ana")).superseded_at == _AT


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20261102T080000Z", _AT),
        ("2026-11-02X09:00:00,000+01:00", _AT),
        ("2026-W45-1T08:00+00:00", _AT),
    ],
)
def test_times_in_any_iso_8601_form_are_parsed(written: str, read: str) -> None:
    (created,) = changes_of([("ce_type", b"notification.created")], _created(created_at=written))
    assert isinstance(created, Facts)
    assert created.created_at == read


def test_a_delivery_without_a_latency_counts() -> None:
    fields = {"notification_id": "1", "user_id": "ana", "at": _AT, "latency_ms": None}
    (delivered,) = changes_of([("ce_type", b"notification.delivered")], json.dumps(fields).encode())
    assert delivered == Facts("1", "ana", delivered_at=_AT)


def test_muting_is_learned_from_the_created_record_and_from_the_receipt() -> None:
    headers = [("ce_type", b"notification.created"), ("removed", b"muted")]
    created, muted = changes_of(headers, _created())
    assert isinstance(created, Facts)
    assert (created.type, created.is_muted) == ("order.shipped", None)
    fields = {"notification_id": "2", "user_id": "ana", "at": _LATER, "latency_ms": 3}
    receipt = json.dumps(fields).encode()
    assert changes_of([("ce_type", b"notification.muted")], receipt) == [muted]
    assert muted == Facts("2", "ana", is_muted=True)
    assert len(changes_of([headers[0], ("removed", b"else")], _created())) == 1


def test_a_withdrawal_is_learned_from_its_event_and_not_from_the_receipt() -> None:
    mark = {"id": "2", "seen_at": None, "read_at": None, "archived_at": None}
    change = {"user_id": "ana", "at": _LATER, "changed": [{**mark, "withdrawn_at": _LATER}]}
    headers = [("ce_type", b"notification.withdrawn")]
    (facts,) = changes_of(headers, json.dumps(change).encode())
    assert isinstance(facts, Facts)
    assert (facts.id, facts.withdrawn_at) == ("2", _LATER)
    receipt = {"notification_id": "2", "user_id": "ana", "at": _LATER, "latency_ms": 3}
    assert changes_of(headers, json.dumps(receipt).encode()) == []
