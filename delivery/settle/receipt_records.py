"""Receipts as records of their topic: CloudEvents in Kafka's binary mode."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from delivery.core.receipt import Receipt
from producer_api.contract.events import headers
from producer_api.contract.ids import milliseconds_of
from producer_api.contract.notification import rfc3339

SOURCE = "/delivery"


class ReceiptRecord(NamedTuple):
    """One entry of the topic, ready to be written."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def receipt_record(receipt: Receipt, instance: str) -> ReceiptRecord:
    """The record of a receipt. Its id is of the notification and the outcome: a repeat has the
    same, whichever instance tells it.
    """
    at = rfc3339(datetime.fromtimestamp(receipt.at, UTC)) or ""
    created = milliseconds_of(receipt.id)
    value: dict[str, Any] = {
        "notification_id": receipt.id,
        "user_id": receipt.user,
        "at": at,
        "latency_ms": None if created is None else max(0, round(receipt.at * 1000) - created),
        "attempt": receipt.attempt,
        "instance": instance,
    }
    if receipt.superseded_by is not None:
        value["superseded_by"] = receipt.superseded_by
    if receipt.reason is not None:
        value["reason"] = receipt.reason
    outcome = receipt.kind.removeprefix("notification.")
    about = headers(f"{receipt.id}.{outcome}", receipt.kind, SOURCE, at)
    return ReceiptRecord(receipt.user.encode(), orjson.dumps(value), about)
