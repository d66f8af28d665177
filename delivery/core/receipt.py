"""Receipts, which report on the receipts topic what became of notifications."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from delivery.core.record import Record
from producer_api.contract.events import ReceiptType


class Receipt(NamedTuple):
    """The same outcome of several notifications of one user.

    Each notification gets a record of its own. A record that is written again after a fault
    has the same id.
    """

    kind: ReceiptType
    user: str
    ids: Collection[str]
    """The ids of the notifications."""
    at: float
    """Unix seconds."""
    attempt: int = 0
    """DELIVERED: which push was acknowledged, from 1. PARKED: how many pushes were not. Else: 0."""
    superseded_by: str | None = None
    reason: str | None = None
    """DEAD_LETTERED: why the record cannot be parsed."""


def expired_receipt(user: str, notification_id: str, at: float) -> Receipt:
    """Return the receipt of a notification that expired undelivered at `at`, in Unix seconds.

    The expiry may be found in the log and in the inbox. Writing a receipt for each does no harm,
    because both are the same.
    """
    return Receipt(ReceiptType.EXPIRED, user, (notification_id,), at)


def expired_receipts(records: Iterable[Record]) -> list[Receipt]:
    """Return the receipts of records that expired undelivered."""
    return [
        expired_receipt(record.user, record.id, record.expires_at)
        for record in records
        if record.expires_at is not None
    ]
