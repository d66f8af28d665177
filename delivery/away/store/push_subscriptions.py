"""The push subscriptions of users, as the away program reads them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from producer_api.contract import revocations
from producer_api.contract.push_subscription import COLLECTION, PushSubscription

_FIELDS = ("_id", "user_id", "endpoint", "p256dh", "auth")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class PushSubscriptions:
    """Reads and removes subscriptions. Raises `pymongo.errors.PyMongoError`."""

    def __init__(self, database: Any) -> None:
        self._collection = database[COLLECTION]
        self._ended_sessions = database[revocations.COLLECTION]

    async def of(self, user: str) -> list[PushSubscription]:
        """Return the user's subscriptions.

        Leaves out those from before the user's sessions were ended: the device may be stolen.
        """
        ended = await self._ended_sessions.find_one({"_id": user}) or {}
        ended_at = ended.get("revoked_at")
        since = ended_at if isinstance(ended_at, datetime) else _NEVER
        documents = await self._collection.find({"user_id": user}).to_list(None)
        return [each for each in documents if _is_sound(each) and each["created_at"] > since]

    async def remove(self, subscription: PushSubscription) -> None:
        """Remove a subscription that the push service has ended.

        The browser may have subscribed again meanwhile, with the same endpoint and other keys. This
        newer subscription stays.
        """
        await self._collection.delete_one(
            {name: subscription[name] for name in ("_id", "user_id", "auth")}
        )


def _is_sound(document: Mapping[str, Any]) -> bool:
    are_texts = all(isinstance(document.get(name), str) for name in _FIELDS)
    return are_texts and isinstance(document.get("created_at"), datetime)
