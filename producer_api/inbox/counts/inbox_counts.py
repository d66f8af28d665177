"""The unread and unseen counts of users: their counters, plus the entries counted in the index."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection

from producer_api.inbox.counts.rules import Counts, Tally
from producer_api.inbox.delivery_status import unexpired
from producer_api.inbox.indexes import UNREAD, UNREAD_INDEX


class InboxCounts:
    """Reads the counts of users, and owns their counters.

    The counters hold how many of a user's folded notifications are unread, and how many unseen.
    They are fields of the user's document in `inbox_turns`. So they change only in that user's
    turn, in the transaction that changes the notifications.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(
        self, notifications: AsyncIOMotorCollection[Any], turns: AsyncIOMotorCollection[Any]
    ) -> None:
        self._notifications = notifications
        self._turns = turns

    async def adjust(
        self, user_id: str, difference: Counts, session: AsyncIOMotorClientSession
    ) -> None:
        """Add this difference to the user's counters.

        The session's transaction must have taken the user's turn.
        """
        if any(difference):
            change = [
                {
                    "$set": {
                        "unread": {"$add": [_number("$unread"), difference.unread_count]},
                        "unseen": {"$add": [_number("$unseen"), difference.unseen_count]},
                    }
                }
            ]
            await self._turns.update_one({"_id": user_id}, change, session=session)

    async def counters(
        self, user_ids: Collection[str], session: AsyncIOMotorClientSession
    ) -> dict[str, Counts]:
        """Return the counters of these users, as the session sees them."""
        counters = dict.fromkeys(user_ids, Counts(0, 0))
        async for turn in self._turns.find({"_id": {"$in": list(user_ids)}}, session=session):
            counters[turn["_id"]] = Counts(_whole(turn.get("unread")), _whole(turn.get("unseen")))
        return counters

    async def read(self, user_id: str, now: datetime, session: AsyncIOMotorClientSession) -> Counts:
        """Return how many of the user's notifications are unread and unseen.

        The counts are exact, because the session reads counters and index as of one moment.
        """
        return (await self.tally(user_id, now, session)).counts

    async def tally(self, user_id: str, now: datetime, session: AsyncIOMotorClientSession) -> Tally:
        """Return the user's counts, and how many more notifications could be folded."""
        return (await self.tallies([user_id], now, session))[user_id]

    async def tallies(
        self, user_ids: Collection[str], now: datetime, session: AsyncIOMotorClientSession
    ) -> dict[str, Tally]:
        """Return the tally of each of these users."""
        # The session must have a snapshot or a transaction, so that both reads see one moment.
        # Otherwise, a notification that is folded in between would count twice, or not at all.
        counters = await self.counters(user_ids, session)
        tallies = {user_id: Tally(counts, 0) for user_id, counts in counters.items()}
        query = {"user_id": {"$in": sorted(user_ids)}, "folded": None, **UNREAD, **unexpired(now)}
        sums: dict[str, Any] = {
            "_id": "$user_id",
            "unread": {"$sum": 1},
            "unseen": {"$sum": {"$cond": [{"$eq": ["$seen_at", None]}, 1, 0]}},
            "foldable": {"$sum": {"$cond": [{"$eq": ["$expires_at", None]}, 1, 0]}},
        }
        pipeline = [{"$match": query}, {"$group": sums}]
        cursor = self._notifications.aggregate(pipeline, hint=UNREAD_INDEX, session=session)
        async for sums_of_user in cursor:
            user_id = sums_of_user["_id"]
            unread, unseen = counters[user_id]
            counts = Counts(unread + sums_of_user["unread"], unseen + sums_of_user["unseen"])
            tallies[user_id] = Tally(counts, sums_of_user["foldable"])
        return tallies


def _number(field: str) -> dict[str, Any]:
    """Return the expression for a counter; 0 if it is missing or damaged."""
    return {"$cond": [{"$isNumber": field}, field, 0]}


def _whole(counter: object) -> int:
    return int(counter) if isinstance(counter, int | float) else 0
