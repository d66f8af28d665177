"""The unread and unseen counts of users: their counters, plus the entries counted in the index."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection

from producer_api.contract.category import is_category
from producer_api.inbox.counts.rules import (
    MOST_CATEGORIES,
    Counters,
    Counts,
    Difference,
    Tally,
)
from producer_api.inbox.counts.stored_counters import is_outdated, read_counters, stored
from producer_api.inbox.delivery_status import unexpired
from producer_api.inbox.indexes import UNREAD, UNREAD_INDEX

#: The category of a document, by its type: documents of earlier versions have no field for it.
_CATEGORY = {
    "$cond": [
        {"$eq": [{"$type": "$type"}, "string"]},
        {"$arrayElemAt": [{"$split": ["$type", "."]}, 0]},
        "",
    ]
}
_SUMS: dict[str, Any] = {
    "unread": {"$sum": 1},
    "unseen": {"$sum": {"$cond": [{"$eq": ["$seen_at", None]}, 1, 0]}},
    "foldable": {"$sum": {"$cond": [{"$eq": ["$expires_at", None]}, 1, 0]}},
}


class InboxCounts:
    """Reads the counts of users, and owns their counters.

    The counters hold how many of a user's folded notifications are unread, and how many unseen, in
    all and by category. They are fields of the user's document in `inbox_turns`. So they change
    only in that user's turn, in the transaction that changes the notifications.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(
        self, notifications: AsyncIOMotorCollection[Any], turns: AsyncIOMotorCollection[Any]
    ) -> None:
        self._notifications = notifications
        self._turns = turns

    async def adjust(
        self, user_id: str, difference: Difference, session: AsyncIOMotorClientSession
    ) -> None:
        """Apply this difference to the user's counters.

        The session's transaction must have taken the user's turn, so that no other one writes them.
        """
        if difference:
            turn = await self._turns.find_one({"_id": user_id}, session=session) or {}
            before = read_counters(turn)
            after = difference.applied_to(before)
            if after == before:
                return
            fields = stored(after)
            if is_outdated(turn):
                # The counters by category must stay outdated. If they were stored as too many,
                # they would not be counted again. If the old ones stayed, they would seem up to
                # date as soon as the totals happened to equal their sum again.
                fields["categories"] = None
            await self._turns.update_one({"_id": user_id}, {"$set": fields}, session=session)

    async def count_again(self, user_id: str, session: AsyncIOMotorClientSession) -> bool:
        """Count the user's folded notifications by category, if the stored counters are outdated.

        Returns whether they were outdated. The session's transaction must have taken the user's
        turn.
        """
        turn = await self._turns.find_one({"_id": user_id}, session=session) or {}
        if not is_outdated(turn):
            return False
        folded = await self._folded(user_id, None, session)
        counted = {name: counts for name, counts in folded.items() if is_category(name)}
        counters = Counters(
            read_counters(turn).counts, counted if len(counted) <= MOST_CATEGORIES else None
        )
        await self._turns.update_one({"_id": user_id}, {"$set": stored(counters)}, session=session)
        return True

    async def counters(
        self, user_ids: Collection[str], session: AsyncIOMotorClientSession
    ) -> dict[str, Counts]:
        """Return the counters of these users, as the session sees them."""
        turns = await self._turns_of(user_ids, session)
        return {user_id: read_counters(turns.get(user_id, {})).counts for user_id in user_ids}

    async def read(self, user_id: str, now: datetime, session: AsyncIOMotorClientSession) -> Counts:
        """Return how many of the user's notifications are unread and unseen.

        The counts are exact, because the session reads counters and index as of one moment.
        """
        return (await self.tally(user_id, now, session)).counts

    async def tally(self, user_id: str, now: datetime, session: AsyncIOMotorClientSession) -> Tally:
        """Return the user's counts, also by category, and how many could be folded."""
        return (await self.tallies([user_id], now, session))[user_id]

    async def tallies(
        self, user_ids: Collection[str], now: datetime, session: AsyncIOMotorClientSession
    ) -> dict[str, Tally]:
        """Return the tally of each of these users."""
        # The session must have a snapshot or a transaction, so that both reads see one moment.
        # Otherwise, a notification that is folded in between would count twice, or not at all.
        ids = {"$in": sorted(user_ids)}
        query = {"user_id": ids, "folded": None, **UNREAD, **unexpired(now)}
        key = {"user": "$user_id", "category": _CATEGORY}
        pipeline: list[dict[str, Any]] = [{"$match": query}, {"$group": {"_id": key, **_SUMS}}]
        turns: dict[str, Any] = {}
        if bool(session.in_transaction):
            # MongoDB refuses `$unionWith` in a transaction.
            turns = await self._turns_of(user_ids, session)
        else:  # one command for both is faster
            of_users = {"coll": self._turns.name, "pipeline": [{"$match": {"_id": ids}}]}
            pipeline.append({"$unionWith": of_users})
        cursor = self._notifications.aggregate(pipeline, hint=UNREAD_INDEX, session=session)
        sums: dict[str, list[Any]] = {}
        for found in await cursor.to_list(None):
            if isinstance(found["_id"], str):
                turns[found["_id"]] = found
            else:
                sums.setdefault(found["_id"]["user"], []).append(found)
        return {each: _tally(turns.get(each, {}), sums.get(each, [])) for each in user_ids}

    async def with_folded(
        self,
        user_id: str,
        tally: Tally,
        categories: Collection[str],
        session: AsyncIOMotorClientSession,
    ) -> Tally:
        """Return the tally, in which the counts of these categories are known.

        If the stored counters do not have them, counts the folded notifications one by one, which
        may take a second.
        """
        if tally.folded is not None or not categories:
            return tally
        return tally._replace(folded=await self._folded(user_id, categories, session))

    async def _folded(
        self, user_id: str, categories: Collection[str] | None, session: AsyncIOMotorClientSession
    ) -> dict[str, Counts]:
        """Count folded, unread notifications by category, one by one. This may take a second."""
        query = {"user_id": user_id, "folded": True, **UNREAD}
        pipeline: list[dict[str, Any]] = [
            {"$match": query},
            {"$group": {"_id": _CATEGORY, **_SUMS}},
        ]
        if categories is not None:
            pipeline.append({"$match": {"_id": {"$in": sorted(categories)}}})
        cursor = self._notifications.aggregate(pipeline, hint=UNREAD_INDEX, session=session)
        return {sums["_id"]: Counts(sums["unread"], sums["unseen"]) async for sums in cursor}

    async def _turns_of(
        self, user_ids: Collection[str], session: AsyncIOMotorClientSession
    ) -> dict[str, dict[str, Any]]:
        turns = self._turns.find({"_id": {"$in": list(user_ids)}}, session=session)
        return {turn["_id"]: turn async for turn in turns}


def _tally(turn: Mapping[str, Any], sums: Collection[Mapping[str, Any]]) -> Tally:
    """Return a user's tally, from their document and the sums of the unfolded notifications."""
    folded = read_counters(turn)
    counts = Counts(
        folded.counts.unread_count + sum(each["unread"] for each in sums),
        folded.counts.unseen_count + sum(each["unseen"] for each in sums),
    )
    foldable = sum(each["foldable"] for each in sums)
    unfolded = {each["_id"]["category"]: Counts(each["unread"], each["unseen"]) for each in sums}
    return Tally(counts, foldable, unfolded, folded.by_category, is_outdated(turn))
