"""The webhooks that were given up: entries of the collection `away` without a due time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING

_DEAD = {"dead": {"$exists": True}}


class WebhookDeadLetter(NamedTuple):
    """A webhook that was given up."""

    notification: str
    user: str
    category: str
    at: datetime
    reason: str
    failures: int


class WebhookDeadLetters:
    """Reads given-up webhooks, and revives them. Every coroutine may raise `PyMongoError`."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def all(self) -> list[WebhookDeadLetter]:
        """Return all webhooks that were given up, the oldest first."""
        documents = self._collection.find(_DEAD, sort=[("dead.at", ASCENDING)])
        return [
            WebhookDeadLetter(
                document["notification"],
                document["user_id"],
                document["category"],
                document["dead"]["at"],
                document["dead"]["reason"],
                document["dead"]["failures"],
            )
            async for document in documents
        ]

    async def revive(self, notifications: Collection[str], now: datetime) -> int:
        """Make the webhooks of these notifications due now, as if they had never been tried.

        Without notifications, makes all given-up webhooks due. Returns how many.
        """
        chosen = {"notification": {"$in": list(notifications)}} if notifications else {}
        result = await self._collection.update_many(
            {**_DEAD, **chosen},
            {
                "$set": {"due_at": now, "next_at": now, "failures": 0},
                "$unset": {"dead": "", "delete_at": "", "reason": ""},
            },
        )
        return int(result.modified_count)
