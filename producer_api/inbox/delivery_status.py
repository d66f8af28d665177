"""The delivery status of notifications: of a given document, and as a query for documents.

The two must agree, so that a list filtered by a status has exactly the items with that status.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from producer_api.contract.notification import OWED, Document


class DeliveryStatus(StrEnum):
    """What became of a notification. Services see it as `status`."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD_LETTERED = "dead_lettered"
    MUTED = "muted"
    WITHDRAWN = "withdrawn"


def status_of(document: Document, now: datetime) -> DeliveryStatus:
    """Return the status at the time `now`.

    `WITHDRAWN` and `MUTED` take precedence, then `DELIVERED`: a shop may withdraw a delivered
    notification, and must see that it is gone.
    """
    removed = document.get("removed")
    if removed is not None:
        return DeliveryStatus(removed)
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
        case DeliveryStatus.MUTED | DeliveryStatus.WITHDRAWN:
            return {"removed": status.value}
        case DeliveryStatus.DELIVERED:
            return {"removed": None, "delivered_at": {"$ne": None}}
        case DeliveryStatus.SUPERSEDED:
            return {"removed": None, "delivered_at": None, "superseded_by": {"$ne": None}}
        case DeliveryStatus.EXPIRED:
            return {**OWED, "expires_at": {"$lte": now}}
        case DeliveryStatus.PENDING:
            return {**OWED, **unexpired(now), "dead_lettered_at": None}
        case DeliveryStatus.DEAD_LETTERED:
            return {**OWED, **unexpired(now), "dead_lettered_at": {"$ne": None}}


def unexpired(now: datetime) -> dict[str, Any]:
    """Return the query for notifications that have not expired."""
    return {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}
