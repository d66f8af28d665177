"""Encodes receipts as records of their topic: CloudEvents in Kafka's binary mode.

Every push causes one record per notification, so encoding must be cheap. That is why this module
joins the JSON text from parts instead of encoding an object.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import orjson

from delivery.core.receipt import Receipt
from producer_api.contract.events import Header, ReceiptType, headers
from producer_api.contract.ids import milliseconds_of
from producer_api.contract.notification import rfc3339

SOURCE = "/delivery"

#: This many characters at the start of an id contain its creation time and the UUID version.
_TIME_CHARACTERS = 15

#: The value and the headers of a record. The key is the user's id, the same in all records of a
#: receipt.
RecordBody = tuple[bytes, list[tuple[str, bytes]]]


def record_bodies(receipt: Receipt, instance: str) -> Iterator[RecordBody]:
    """Yield the record of each notification in the receipt.

    A record's id consists of the notification's id and the outcome. Therefore, a repeat has the
    same id, even from another instance.
    """
    milliseconds = round(receipt.at * 1000)
    at = _time_text(milliseconds)
    middle = b'","user_id":%b,"at":"%b","latency_ms":' % (orjson.dumps(receipt.user), at)
    end = b',"attempt":%d,"instance":%b%b}' % (
        receipt.attempt,
        orjson.dumps(instance),
        _optional_fields(receipt),
    )
    suffix = b"." + receipt.kind.removeprefix("notification.").encode()
    shared_headers = [*_headers(receipt.kind), (Header.TIME.value, at)]
    id_header = Header.ID.value
    time_characters, latency = "", b""
    for notification_id in receipt.ids:
        # Many ids of a batch were created in the same millisecond: parse the time only once.
        if notification_id[:_TIME_CHARACTERS] != time_characters:
            time_characters = notification_id[:_TIME_CHARACTERS]
            created_at = milliseconds_of(notification_id)
            latency = b"null" if created_at is None else b"%d" % max(0, milliseconds - created_at)
        id_bytes = notification_id.encode()
        value = b'{"notification_id":"' + id_bytes + middle + latency + end
        yield value, [(id_header, id_bytes + suffix), *shared_headers]


@lru_cache(maxsize=64)  # Many receipts in one round have the same time.
def _time_text(milliseconds: int) -> bytes:
    return (rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC)) or "").encode()


@lru_cache(maxsize=len(ReceiptType))
def _headers(kind: ReceiptType) -> list[tuple[str, bytes]]:
    varying = {Header.ID.value, Header.TIME.value}
    return [(name, value) for name, value in headers("", kind, SOURCE, "") if name not in varying]


def _optional_fields(receipt: Receipt) -> bytes:
    optional = {"superseded_by": receipt.superseded_by, "reason": receipt.reason}
    fields = {name: text for name, text in optional.items() if text is not None}
    return b"," + orjson.dumps(fields)[1:-1] if fields else b""
