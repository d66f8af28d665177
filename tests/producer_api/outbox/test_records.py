"""Records of changes: CloudEvents whose id is their own."""

from datetime import UTC, datetime

from producer_api.contract.events import EventType
from producer_api.contract.inbox_event import InboxEvent
from producer_api.outbox.records import changed


def test_a_change() -> None:
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
