"""The payload of the `inbox` event."""

from datetime import UTC, datetime, timedelta

import orjson

from producer_api.contract.inbox_event import InboxEvent
from tests.producer_api.documents import document

_AT = datetime(2026, 6, 1, microsecond=5000, tzinfo=UTC)


def test_payload_has_counts_and_changed_notifications() -> None:
    marked = document(read_at=_AT, seen_at=_AT - timedelta(seconds=1))
    event = InboxEvent("ana", _AT, 3, 2, [marked])
    assert orjson.loads(event.json()) == {
        "unread_count": 3,
        "unseen_count": 2,
        "changed": [
            {
                "id": marked["_id"],
                "read_at": "2026-06-01T00:00:00.005Z",
                "seen_at": "2026-05-31T23:59:59.005Z",
                "archived_at": None,
            }
        ],
        "user_id": "ana",
        "at": "2026-06-01T00:00:00.005Z",
    }


def test_payload_has_the_counts_by_category_if_they_are_known() -> None:
    event = InboxEvent("ana", _AT, 3, 2, [], by_category={"order": (1, 0)})
    counts = {"unread_count": 1, "unseen_count": 0}
    assert orjson.loads(event.json())["by_category"] == {"order": counts}
    unnamed = InboxEvent("ana", _AT, 3, 2, [], by_category={})
    assert orjson.loads(unnamed.json())["by_category"] == {}
    assert "by_category" not in orjson.loads(InboxEvent("ana", _AT, 3, 2, []).json())


def test_payload_of_a_sweep_has_its_last_id() -> None:
    event = InboxEvent("ana", _AT, 0, 0, [document()], read_up_to=document()["_id"])
    assert orjson.loads(event.json())["read_up_to"] == document()["_id"]


def test_payload_of_an_erasure_has_its_last_id() -> None:
    event = InboxEvent("ana", _AT, 0, 0, [], erased_up_to=document()["_id"])
    assert orjson.loads(event.json()) == {
        "unread_count": 0,
        "unseen_count": 0,
        "changed": [],
        "user_id": "ana",
        "at": "2026-06-01T00:00:00.005Z",
        "erased": True,
        "erased_up_to": document()["_id"],
    }
