"""Encodes receipts as records of their topic: CloudEvents in Kafka's binary mode.

Every push causes one record per notification, so encoding must be cheap. That is why this module
joins the JSON text from parts instead of encoding an object, and keeps the parts that the receipts
of one write of `delivered_at` share.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from delivery.core.receipt import Receipt
from producer_api.contract.events import Header, ReceiptType, headers
from producer_api.contract.ids import milliseconds_of
from producer_api.contract.notification import rfc3339

SOURCE = "/delivery"

_ID_HEADER = Header.ID.value
#: This many characters at the start of an id contain its creation time and the UUID version.
_TIME_CHARACTERS = 15

#: The end of `pushed_at`, by its milliseconds. Formatting the time would take ten times as long.
_THOUSANDTHS = [b'.%03dZ"' % number for number in range(1000)]

#: The value and the headers of a record. The key is the user's id, the same in all records of a
#: receipt.
RecordBody = tuple[bytes, list[tuple[str, bytes]]]


def event_id(kind: ReceiptType, notification_id: str) -> bytes:
    """Return the `ce_id` of the receipt, which its repeats share."""
    return notification_id.encode() + _id_suffix(kind)


class _Shared(NamedTuple):
    """What the records of receipts with the same kind, time and attempt have in common."""

    at: bytes
    """The JSON text between the user and the latency."""
    end: bytes
    """The JSON text after the latency, up to the optional fields."""
    id_suffix: bytes
    headers: list[tuple[str, bytes]]
    """All headers except the id."""


def record_bodies(receipt: Receipt, instance: str) -> list[RecordBody]:
    """Return the record of each notification in the receipt.

    A record's id consists of the notification's id and the outcome. Therefore, a repeat has the
    same id, even from another instance.
    """
    kind, user, ids, at, attempt, superseded_by, reason, pushed_at, edge = receipt
    milliseconds = round(at * 1000)
    if pushed_at is None:
        shared = _shared(kind, milliseconds, attempt, instance, None, edge)
        middle = b'","user_id":' + orjson.dumps(user) + shared.at
    else:
        shared = _shared(kind, milliseconds, attempt, instance, instance, edge)
        pushed = int(pushed_at * 1000 + 0.5)
        pushed_text = _pushed_in(pushed // 1000) + _THOUSANDTHS[pushed % 1000]
        middle = b'","user_id":' + orjson.dumps(user) + pushed_text + shared.at
    end = shared.end + _optional_fields(superseded_by, reason)
    bodies: list[RecordBody] = []
    time_characters, latency = "", b""
    for notification_id in ids:
        # Many ids of a batch were created in the same millisecond: parse the time only once.
        if notification_id[:_TIME_CHARACTERS] != time_characters:
            time_characters = notification_id[:_TIME_CHARACTERS]
            created_at = milliseconds_of(notification_id)
            latency = b"null" if created_at is None else b"%d" % max(0, milliseconds - created_at)
        id_bytes = notification_id.encode()
        value = b"".join((b'{"notification_id":"', id_bytes, middle, latency, end))
        bodies.append((value, [(_ID_HEADER, id_bytes + shared.id_suffix), *shared.headers]))
    return bodies


@lru_cache(maxsize=512)
def _shared(
    kind: ReceiptType,
    milliseconds: int,
    attempt: int,
    instance: str,
    owner: str | None,
    edge: str | None,
) -> _Shared:
    at = (rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC)) or "").encode()
    edge = instance if edge == "" else edge
    places = {"instance": instance, "owner": owner, "edge": edge}
    known = {name: place for name, place in places.items() if place is not None}
    return _Shared(
        b',"at":"%b","latency_ms":' % at,
        b',"attempt":%d,' % attempt + orjson.dumps(known)[1:-1],
        _id_suffix(kind),
        [*_headers(kind), (Header.TIME.value, at)],
    )


@lru_cache(maxsize=64)
def _pushed_in(second: int) -> bytes:
    """Return the JSON text up to the second of the push, which many pushes share."""
    return b',"pushed_at":"' + datetime.fromtimestamp(second, UTC).isoformat()[:19].encode()


def _id_suffix(kind: ReceiptType) -> bytes:
    return b"." + kind.removeprefix("notification.").encode()


@lru_cache(maxsize=len(ReceiptType))
def _headers(kind: ReceiptType) -> list[tuple[str, bytes]]:
    varying = {Header.ID.value, Header.TIME.value}
    return [(name, value) for name, value in headers("", kind, SOURCE, "") if name not in varying]


def _optional_fields(superseded_by: str | None, reason: str | None) -> bytes:
    """Return the JSON text of the optional fields, and the end of the object."""
    if superseded_by is None and reason is None:
        return b"}"
    optional = {"superseded_by": superseded_by, "reason": reason}
    fields = {name: text for name, text in optional.items() if text is not None}
    return b"," + orjson.dumps(fields)[1:]
