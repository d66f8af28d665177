"""Makes the records for the topic."""

from dataclasses import dataclass

from producer_api.contract.events import MUTED, WITHDRAWN, EventType, Header, headers
from producer_api.contract.inbox_event import InboxEvent
from producer_api.contract.notification import Document, rfc3339

_SOURCE = "/producer-api"
_REMOVALS: dict[str | None, bytes] = {"muted": MUTED, "withdrawn": WITHDRAWN}


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """A record for the topic."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Notice:
    """An `inbox` event in the header of the record of a created notification of the same user."""

    user_id: str
    value: bytes


def created(document: Document, value: bytes, notice: Notice | None = None) -> TopicRecord:
    """Return the record of a created notification.

    `value` is the notification's public JSON. `notice` says what the notification superseded.
    """
    time = rfc3339(document["created_at"]) or ""
    fields = headers(document["_id"], EventType.CREATED, _SOURCE, time)
    if "traceparent" in document:
        fields.append((Header.TRACEPARENT.value, document["traceparent"].encode()))
    if (removal := _REMOVALS.get(document.get("removed"))) is not None:
        fields.append((Header.REMOVED.value, removal))
    if notice is not None:
        fields.append((Header.INBOX.value, notice.value))
    return TopicRecord(document["user_id"].encode(), value, fields)


def changed(
    record_id: str, kind: EventType, event: InboxEvent, traceparent: str | None = None
) -> TopicRecord:
    """Return the record of a change of an inbox. `record_id` is not a notification's id."""
    time = rfc3339(event.at) or ""
    fields = headers(record_id, kind, _SOURCE, time)
    if traceparent is not None:
        fields.append((Header.TRACEPARENT.value, traceparent.encode()))
    return TopicRecord(event.user_id.encode(), event.json(), fields)
