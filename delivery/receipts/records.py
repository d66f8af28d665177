"""Receipts as records of their topic: CloudEvents in Kafka's binary mode.

Written once a notification, beside its push: texts are put together, not built and dumped.
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

#: So many characters of an id say when it was made, and whether they say that.
_TIMED = 15

#: A record's value and headers; its key is the user's, of all records of a receipt.
RecordBody = tuple[bytes, list[tuple[str, bytes]]]


def record_bodies(receipt: Receipt, instance: str) -> Iterator[RecordBody]:
    """What is to be written for each notification. Its id is of the notification and the outcome: a
    repeat has the same, whichever instance tells it.
    """
    milliseconds = round(receipt.at * 1000)
    at = _text(milliseconds)
    before = b'","user_id":%b,"at":"%b","latency_ms":' % (orjson.dumps(receipt.user), at)
    after = b',"attempt":%d,"instance":%b%b}' % (
        receipt.attempt,
        orjson.dumps(instance),
        _more(receipt),
    )
    suffix = b"." + receipt.kind.removeprefix("notification.").encode()
    about = [*_headers(receipt.kind), (Header.TIME.value, at)]
    name_header = Header.ID.value
    moment, latency = "", b""
    for each in receipt.ids:
        if each[:_TIMED] != moment:  # many are created in one millisecond
            created, moment = milliseconds_of(each), each[:_TIMED]
            latency = b"null" if created is None else b"%d" % max(0, milliseconds - created)
        name = each.encode()
        value = b'{"notification_id":"' + name + before + latency + after
        yield value, [(name_header, name + suffix), *about]


@lru_cache(maxsize=64)  # what happens in one moment is told together
def _text(milliseconds: int) -> bytes:
    return (rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC)) or "").encode()


@lru_cache(maxsize=len(ReceiptType))
def _headers(kind: ReceiptType) -> list[tuple[str, bytes]]:
    of_each = {Header.ID.value, Header.TIME.value}
    return [(name, value) for name, value in headers("", kind, SOURCE, "") if name not in of_each]


def _more(receipt: Receipt) -> bytes:
    found = {"superseded_by": receipt.superseded_by, "reason": receipt.reason}
    more = {name: text for name, text in found.items() if text is not None}
    return b"," + orjson.dumps(more)[1:-1] if more else b""
