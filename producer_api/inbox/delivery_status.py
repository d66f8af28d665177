"""What became of a notification, as its sender is told: of one, and as the query of all such."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from producer_api.contract.notification import OWED, Document


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
    if document.get("dead_lettered_at") is not None:
        return State.DEAD_LETTERED
    return State.PENDING


def query_of(state: State, now: datetime) -> dict[str, Any]:
    """The query of exactly those notifications that `state_of` says this of."""
    match state:
        case State.DELIVERED:
            return {"delivered_at": {"$ne": None}}
        case State.SUPERSEDED:
            return {"delivered_at": None, "superseded_by": {"$ne": None}}
        case State.EXPIRED:
            return {**OWED, "expires_at": {"$lte": now}}
        case State.PENDING:
            return {**OWED, **alive(now), "dead_lettered_at": None}
        case State.DEAD_LETTERED:
            return {**OWED, **alive(now), "dead_lettered_at": {"$ne": None}}


def alive(now: datetime) -> dict[str, Any]:
    """The query of what has not expired."""
    return {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}
