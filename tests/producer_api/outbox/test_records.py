"""Records are CloudEvents. A create has the notification's id, and a change has its own."""

from datetime import UTC, datetime

from producer_api.contract.events import EventType
from producer_api.contract.inbox_event import InboxEvent
from producer_api.outbox.records import changed, created
from tests.producer_api.documents import document


def test_a_change_is_a_cloud_event_with_its_own_id() -> None:
    event = InboxEvent("á", datetime(2026, 6, 1, tzinfo=UTC), 0, 0, [])
    record = changed("its own", EventType.UNREAD, event)
    assert (record.key, record.value) == ("á".encode(), event.json())
    assert dict(record.headers) == {
        "ce_id": b"its own",
        "ce_type": b"notification.unread",
        "ce_source": b"/producer-api",
        "ce_specversion": b"1.0",
        "ce_time": b"2026-06-01T00:00:00.000Z",
        "content-type": b"application/json",
    }


def test_a_create_has_the_traceparent_of_its_request() -> None:
    plain, traced = document(), document(traceparent="00-1-2-01")
    assert "traceparent" not in dict(created(plain, b"{}").headers)
    record = created(traced, b"{}")
    assert dict(record.headers) == {
        **dict(created(plain, b"{}").headers),
        "traceparent": b"00-1-2-01",
    }
    assert record.value == b"{}"


def test_the_record_of_a_muted_or_withdrawn_notification_says_so() -> None:
    muted, withdrawn = document(removed="muted"), document(removed="withdrawn")
    assert dict(created(muted, b"{}").headers)["removed"] == b"muted"
    assert "removed" not in dict(created(document(), b"{}").headers)
    assert dict(created(withdrawn, b"{}").headers)["removed"] == b"withdrawn"
