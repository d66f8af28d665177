"""What a record changes in the figures; above all what does not."""

import json
from typing import Any

import pytest

from deploy.data_team.events import Known, changes_of


def _created(**others: Any) -> bytes:
    says = {
        "id": "2",
        "user_id": "ana",
        "type": "order.shipped",
        "created_at": "2026-11-02T08:00:00.000Z",
        "expires_at": None,
    }
    return json.dumps(says | others).encode()


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
        (b"notification.parked", b"{}"),
        (b"something.new", b"{}"),
        (None, b"{}"),
    ],
)
def test_what_is_unknown_or_unreadable_is_passed_over(
    kind: bytes | None, value: bytes | None
) -> None:
    assert changes_of([("ce_type", kind)], value) == []
    assert changes_of([], value) == []


def test_what_happened_first_counts_and_the_archive_is_where_it_is_now() -> None:
    first = Known("1", "ana", seen_at="a", is_archived=True)
    later = Known("1", "ana", seen_at="b", read_at="b", is_archived=False)
    assert first.with_later(later) == Known("1", "ana", seen_at="a", read_at="b", is_archived=False)
    assert first.with_later(Known("1", "ana")).is_archived


def test_what_gives_way_is_known_by_the_newer_one_and_by_its_receipt() -> None:
    marks = {"id": "1", "seen_at": None, "read_at": None, "archived_at": None, "superseded_by": "2"}
    event = json.dumps({"user_id": "ana", "changed": [marks]}).encode()
    headers = [("ce_type", b"notification.created"), ("inbox", event)]
    created, superseded = changes_of(headers, _created())
    assert isinstance(created, Known)
    assert (created.id, created.is_superseded) == ("2", None)
    assert superseded == Known("1", "ana", is_archived=False, is_superseded=True)
    receipt = json.dumps({"notification_id": "1", "user_id": "ana", "superseded_by": "2"}).encode()
    told = changes_of([("ce_type", b"notification.superseded")], receipt)
    assert told == [Known("1", "ana", is_superseded=True)]
    assert superseded.with_later(Known("1", "ana", is_archived=False)).is_superseded
