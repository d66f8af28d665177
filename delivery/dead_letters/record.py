"""Encodes unreadable records for the dead-letter topic, and decodes dead letters.

Key and value stay unchanged, except in a stub. The headers make every dead letter a valid
CloudEvent.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from aiokafka import ConsumerRecord

from delivery.receipts.records import SOURCE
from producer_api.contract.events import SPEC_VERSION, EventType, Header
from producer_api.contract.ids import is_id
from producer_api.contract.notification import USER_ID_CHARACTERS, rfc3339
from producer_api.contract.stored import MAX_RECORD_BYTES

#: The `ce_type` of a dead letter if the record's own headers are not those of a CloudEvent.
UNREADABLE = "notification.unreadable"
#: The prefix that the record's own headers with a CloudEvent name get in this case.
ORIGINAL = "dlq_original_"
_REASON, _TOPIC, _PARTITION, _OFFSET = "dlq_reason", "dlq_topic", "dlq_partition", "dlq_offset"
_LAST_OFFSET, _SIZE = "dlq_last_offset", "dlq_size"
#: No user id has more bytes in UTF-8.
MOST_KEY_BYTES = 4 * USER_ID_CHARACTERS
#: An error's text may quote a whole record.
_REASON_CHARACTERS = 500

_STUB_BYTES = 64 * 1024
_STUB_HEADERS = 100

#: The end of the year 9999, in Unix milliseconds. `datetime` has no later times.
_LAST_MILLISECOND = 253_402_300_799_000

_REQUIRED = (Header.ID, Header.SOURCE, Header.SPEC_VERSION, Header.TYPE)
_CLOUD_EVENT_HEADERS = frozenset({*_REQUIRED, Header.TIME, Header.CONTENT_TYPE})
_OTHER_KINDS = frozenset(kind.encode() for kind in EventType if kind is not EventType.CREATED)
_DEAD_LETTER_HEADERS = frozenset({_REASON, _TOPIC, _PARTITION, _OFFSET, _LAST_OFFSET, _SIZE})

Headers = Sequence[tuple[str, bytes | None]]


class NotificationRef(NamedTuple):
    """The notification that a record names."""

    id: str
    user: str


class LeftOut(NamedTuple):
    """What a stub has instead of its record's contents. A stub is a dead letter without a value."""

    size: int
    """The bytes of the record; 0 if they are unknown."""
    last_offset: int
    """The last offset for which the stub stands. This is the record's own offset, unless the stub
    stands for several records."""


def size_of(record: ConsumerRecord) -> int:
    """Return the bytes of the record's key, value and headers."""
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers


def stub_of(record: ConsumerRecord) -> tuple[ConsumerRecord, LeftOut]:
    """Return the record without its value and other large parts, and say what was left out."""
    headers = record.headers if len(record.headers) <= _STUB_HEADERS else ()
    key = record.key
    if size_of(replace(record, value=None, headers=headers)) > _STUB_BYTES:
        key, headers = None, ()
    stub = replace(record, key=key, value=None, headers=headers)
    return stub, LeftOut(size_of(record), record.offset)


def place_of(record: ConsumerRecord) -> dict[str, Any]:
    """Return the record's topic, partition and offset, as fields of a log line."""
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}


def headers_of(
    record: ConsumerRecord, reason: str, left_out: LeftOut | None = None
) -> list[tuple[str, bytes | None]]:
    """Return the headers of the dead letter: the record's own, the reason, and the record's place.

    A stub also says what was left out.

    If the record's own headers are not those of a CloudEvent, the ones with a CloudEvent name get a
    prefix, and new headers describe the dead letter.
    """
    reason_and_place = [
        (_REASON, reason[:_REASON_CHARACTERS].encode(errors="backslashreplace")),
        *((f"dlq_{name}", str(value).encode()) for name, value in place_of(record).items()),
    ]
    if left_out is not None:
        reason_and_place.append((_SIZE, b"%d" % left_out.size))
        if left_out.last_offset != record.offset:
            reason_and_place.append((_LAST_OFFSET, b"%d" % left_out.last_offset))
    if is_cloud_event(record.headers):
        return [*record.headers, *reason_and_place]
    old_headers = [
        (f"{ORIGINAL}{name}" if name in _CLOUD_EVENT_HEADERS else name, value)
        for name, value in record.headers
    ]
    # A producer may set any number as the timestamp, even one that is outside `datetime`'s range.
    milliseconds = record.timestamp if 0 <= record.timestamp <= _LAST_MILLISECOND else 0
    at = rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC)) or ""
    new_headers = {
        Header.ID: f"{record.topic}/{record.partition}/{record.offset}",
        Header.TYPE: UNREADABLE,
        Header.SOURCE: SOURCE,
        Header.SPEC_VERSION: SPEC_VERSION.decode(),
        Header.TIME: at,
        Header.CONTENT_TYPE: "application/octet-stream",
    }
    return [
        *old_headers,
        *((name.value, text.encode()) for name, text in new_headers.items()),
        *reason_and_place,
    ]


def original_headers(headers: Headers) -> list[tuple[str, bytes | None]]:
    """Return the original record's headers: the inverse of `headers_of`."""
    is_prefixed = any(name.startswith(ORIGINAL) for name, _ in headers) or (
        (Header.TYPE.value, UNREADABLE.encode()) in headers
    )
    return [
        (name.removeprefix(ORIGINAL), value)
        for name, value in headers
        if name not in _DEAD_LETTER_HEADERS and not (is_prefixed and name in _CLOUD_EVENT_HEADERS)
    ]


def is_cloud_event(headers: Headers) -> bool:
    """Return whether these are headers of a CloudEvent: each attribute once, as non-empty text."""
    attributes = [(name, value) for name, value in headers if name in _CLOUD_EVENT_HEADERS]
    names = [name for name, _ in attributes]
    if len(names) != len(set(names)) or not set(_REQUIRED) <= set(names):
        return False
    return all(value and _is_text(value) for _, value in attributes)


def notification_of(record: ConsumerRecord) -> NotificationRef | None:
    """Return the notification that the record names, or None if it names none.

    Takes the id from the value if it has one, or else from the headers. Returns None for a change,
    an erasure or a withdrawal, because the record's id is not a notification's. Returns None if the
    key is too large for a user id: nobody can have such a notification.
    """
    if len(record.key or b"") > MOST_KEY_BYTES:
        return None
    kind = next((value for name, value in record.headers if name == Header.TYPE), None)
    if kind in _OTHER_KINDS:
        return None
    try:
        user = (record.key or b"").decode()
    except UnicodeDecodeError:
        return None
    for candidate in (_id_in_value(record.value), _id_in_headers(record.headers)):
        if is_id(candidate):
            return NotificationRef(str(candidate), user)
    return None


def _id_in_value(value: bytes | None) -> object:
    if value is not None and len(value) > MAX_RECORD_BYTES:
        return None  # Parsing 4 MiB may hold the event loop for half a second.
    try:
        parsed = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    return parsed.get("id") if isinstance(parsed, dict) else None


def _id_in_headers(headers: Headers) -> str | None:
    for name, value in headers:
        if name == Header.ID and value and _is_text(value):
            return value.decode()
    return None


def _is_text(value: bytes) -> bool:
    try:
        return bool(value.decode())
    except UnicodeDecodeError:
        return False
