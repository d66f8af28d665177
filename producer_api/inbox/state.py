"""What became of a notification, as its sender is told."""

from datetime import datetime
from enum import StrEnum

from producer_api.contract.notification import Document


class State(StrEnum):
    """The contract's `status`."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD_LETTERED = "dead_lettered"


def state_of(document: Document, now: datetime) -> State:
    """The state at this moment; delivered wins over whatever came after it."""
    if document["delivered_at"] is not None:
        return State.DELIVERED
    if document["superseded_by"] is not None:
        return State.SUPERSEDED
    if document["expires_at"] is not None and document["expires_at"] <= now:
        return State.EXPIRED
    return State.PENDING
