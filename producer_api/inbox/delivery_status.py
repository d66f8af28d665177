"""The delivery status of a notification: of one document, and as a query for all with that status.

The two must agree, so that a list of one status holds exactly what shows that status.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from producer_api.contract.notification import OWED, Document


class DeliveryStatus(StrEnum):
    """What became of a notification: the `status` that services see."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD_LETTERED = "dead_lettered"


def status_of(document: Document, now: datetime) -> DeliveryStatus:
    """Return the status at this moment. Delivered wins over whatever happened afterwards."""
    if document["delivered_at"] is not None:
        return DeliveryStatus.DELIVERED
    if document["superseded_by"] is not None:
        return DeliveryStatus.SUPERSEDED
    if document["expires_at"] is not None and document["expires_at"] <= now:
        return DeliveryStatus.EXPIRED
    if document.get("dead_lettered_at") is not None:
        return DeliveryStatus.DEAD_LETTERED
    return DeliveryStatus.PENDING


def query_for(status: DeliveryStatus, now: datetime) -> dict[str, Any]:
    """Return the query for exactly those notifications for which `status_of` returns this."""
    match status:
        case DeliveryStatus.DELIVERED:
            return {"delivered_at": {"$ne": None}}
        case DeliveryStatus.SUPERSEDED:
            return {"delivered_at": None, "superseded_by": {"$ne": None}}
        case DeliveryStatus.EXPIRED:
            return {**OWED, "expires_at": {"$lte": now}}
        case DeliveryStatus.PENDING:
            return {**OWED, **unexpired(now), "dead_lettered_at": None}
        case DeliveryStatus.DEAD_LETTERED:
            return {**OWED, **unexpired(now), "dead_lettered_at": {"$ne": None}}


def unexpired(now: datetime) -> dict[str, Any]:
    """Return the query for what has not expired."""
    return {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}
