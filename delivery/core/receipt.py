"""Receipts: the records of the receipts topic, which say what became of notifications."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from delivery.core.record import Record
from producer_api.contract.events import ReceiptType


class Receipt(NamedTuple):
    """One outcome, shared by several notifications of one user.

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
    """DELIVERED: which push was acknowledged, counted from 1. PARKED: the number of pushes, none of
    which was acknowledged. Otherwise 0."""
    superseded_by: str | None = None
    reason: str | None = None
    """DEAD_LETTERED: why the record cannot be parsed."""
    pushed_at: float | None = None
    """DELIVERED: when the acknowledged event was first pushed, in Unix seconds. None if this
    process did not push it."""
    edge: str | None = None
    """DELIVERED: the address of the instance that had the socket; "" for this instance. None if it
    is not known any more."""


def expired_receipt(user: str, notification_id: str, at: float) -> Receipt:
    """Return the receipt of a notification that expired undelivered at `at`, in Unix seconds.

    The receipt may be written twice: when the record is settled, and when the expired notification
    is found in the inbox. That does no harm, because both receipts have the same id.
    """
    return Receipt(ReceiptType.EXPIRED, user, (notification_id,), at)


def expired_receipts(records: Iterable[Record]) -> list[Receipt]:
    """Return the receipts of records that expired undelivered."""
    return [
        expired_receipt(record.user, record.id, record.expires_at)
        for record in records
        if record.expires_at is not None
    ]
