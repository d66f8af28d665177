"""Browsers' subscriptions to Web Push, as shoppers store and remove them."""

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING, DESCENDING, IndexModel

from producer_api.contract.push_subscription import subscription_id

#: How many browsers a user may have. With one more, the one that subscribed first is forgotten.
MOST_SUBSCRIPTIONS = 20
_INDEXES = [IndexModel([("user_id", ASCENDING), ("created_at", DESCENDING)], name="user")]
_PRINTABLE = re.compile(r"[!-~]+")
_LOOPBACK = ("127.0.0.1", "localhost")


def check_endpoint(endpoint: str, *, allow_loopback: bool) -> str:
    """Return the endpoint. Raises `ValueError` unless it is an https URL.

    With `allow_loopback`, it may also be an http URL on this machine, for tests.
    """
    parts = _split(endpoint)
    is_local = allow_loopback and parts and parts.scheme == "http" and parts.hostname in _LOOPBACK
    if parts is None or not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ValueError("must be an https URL, as the browser's PushSubscription has it")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("must have no user name, password or fragment")
    return endpoint


def _split(endpoint: str) -> SplitResult | None:
    if not _PRINTABLE.fullmatch(endpoint):
        return None
    try:
        parts = urlsplit(endpoint)
        is_port = parts.port != 0  # reading `port` checks that it is a number up to 65535
    except ValueError:
        return None
    return parts if is_port else None


class PushSubscriptions:
    """Owns the collection. The away program reads it, and removes subscriptions that have ended.

    Every coroutine may raise `pymongo.errors.PyMongoError`.
    """

    def __init__(self, collection: AsyncIOMotorCollection[Any]) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the missing indexes."""
        await self._collection.create_indexes(_INDEXES)

    async def subscribe(self, user: str, endpoint: str, p256dh: str, auth: str) -> None:
        """Store the subscription, and take it away from any other user who had it.

        Several people may use one browser. Only the last who subscribed gets Web Push there.
        """
        subscription = {
            "_id": subscription_id(endpoint),
            "user_id": user,
            "endpoint": endpoint,
            "p256dh": p256dh.rstrip("="),
            "auth": auth.rstrip("="),
        }
        # Use MongoDB's clock, which also has the time at which a user's sessions were ended. The
        # away program sends nothing to older subscriptions. If this host's clock were ahead, it
        # would still send to a stolen device.
        stored = {"$mergeObjects": [{"$literal": subscription}, {"created_at": "$$NOW"}]}
        await self._collection.update_one(
            {"_id": subscription["_id"]}, [{"$replaceWith": stored}], upsert=True
        )
        oldest = self._collection.find(
            {"user_id": user},
            projection=["_id"],
            sort=[("created_at", DESCENDING)],
            skip=MOST_SUBSCRIPTIONS,
        )
        ids = [document["_id"] for document in await oldest.to_list(None)]
        if ids:
            await self._collection.delete_many({"_id": {"$in": ids}, "user_id": user})

    async def unsubscribe(self, user: str, endpoint: str) -> None:
        """Remove the user's subscription with this endpoint, if there is one."""
        await self._collection.delete_one({"_id": subscription_id(endpoint), "user_id": user})

    async def forget_user(self, user_id: str, session: AsyncIOMotorClientSession) -> None:
        """Remove all subscriptions of the user, in the session's transaction."""
        await self._collection.delete_many({"user_id": user_id}, session=session)
