"""What became of one notification, as it is told to whoever reads the receipts."""

from typing import NamedTuple

from producer_api.contract.events import ReceiptType


class Receipt(NamedTuple):
    """One outcome of one notification; told again, after a fault, it is the same receipt."""

    kind: ReceiptType
    id: str
    """Of the notification."""
    user: str
    at: float
    """Unix seconds."""
    attempt: int = 0
    """The push that was acknowledged, from 1; of a parked one, how many were in vain; else 0."""
    superseded_by: str | None = None
    reason: str | None = None
    """Of a dead-lettered one."""
