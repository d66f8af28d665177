"""What became of notifications, as it is told to whoever reads the receipts."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from delivery.core.record import Record
from producer_api.contract.events import ReceiptType


class Receipt(NamedTuple):
    """What became of notifications of one user at once; each has a record of its own.

    Told again, after a fault, it is the same receipt.
    """

    kind: ReceiptType
    user: str
    ids: Collection[str]
    """Of the notifications."""
    at: float
    """Unix seconds."""
    attempt: int = 0
    """The push that was acknowledged, from 1; of parked ones, how many were in vain; else 0."""
    superseded_by: str | None = None
    reason: str | None = None
    """Of a dead-lettered one."""


def expired(user: str, name: str, at: float) -> Receipt:
    """That it was not delivered before it expired, at that moment (Unix seconds): the same receipt
    from who meets its record and from who finds it in the inbox.
    """
    return Receipt(ReceiptType.EXPIRED, user, (name,), at)


def all_expired(records: Iterable[Record]) -> list[Receipt]:
    """The same of these records."""
    return [
        expired(each.user, each.id, each.expires_at)
        for each in records
        if each.expires_at is not None
    ]
