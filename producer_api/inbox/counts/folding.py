"""Folding: what is unread in a large inbox moves from the index that is counted entry by entry into
its user's counters, and, before retention deletes it, back.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING

from producer_api.contract.notification import Document
from producer_api.inbox.counts.rules import COUNTED_FIELDS, difference
from producer_api.inbox.indexes import UNREAD, UNREAD_INDEX
from producer_api.inbox.turns import Turns
from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import transact

# Marks, and delivery's writes, wait for a transaction: it must be a short one.
_STEP = 1_000

# MongoDB deletes what it finds unfolded and past retention without asking again whether it still is
# unfolded: what comes near is folded no more. Longer than any transaction, and clocks differ.
_MARGIN = timedelta(hours=1)


class Folding:
    """The one that writes `folded`, each step in one transaction, in its user's turn.

    What expires is never folded: it leaves the counts without a write.

    Every method raises `pymongo.errors.PyMongoError` (the step has written nothing), or
    `CommitUnknownError`.
    """

    def __init__(
        self,
        client: Client,
        collection: AsyncIOMotorCollection[Any],
        turns: Turns,
        *,
        keep: timedelta | None,
        step: int = _STEP,
    ) -> None:
        """`keep` is for how long notifications are kept, None for ever."""
        self._client = client
        self._collection = collection
        self._turns = turns
        self._keep = keep
        self._step = step

    async def fold_oldest(self, user_id: str) -> bool:
        """Fold a step's number of the user's oldest; answers whether there may be more."""

        async def work(session: AsyncIOMotorClientSession) -> bool:
            at = await self._turns.take(user_id, session)
            query = {"user_id": user_id, "folded": None, **UNREAD, "expires_at": None}
            if self._keep is not None:
                query["created_at"] = {"$gt": at - self._keep + _MARGIN}
            found = self._collection.find(query, COUNTED_FIELDS, hint=UNREAD_INDEX, session=session)
            oldest = await found.sort("_id", ASCENDING).limit(self._step).to_list(self._step)
            if not oldest:
                await session.abort_transaction()  # not even the turn is taken then
                return False
            await self._write(oldest, {"$set": {"folded": True}}, session)
            folded = [cast("Document", {**each, "folded": True}) for each in oldest]
            await self._turns.adjust(user_id, difference(oldest, folded), session)
            return len(oldest) == self._step

        async with await self._client.start_session() as session:
            return await transact(session, work)

    async def unfold_oldest(self, created_up_to: datetime) -> bool:
        """Unfold a step's number of the oldest that were created by then, whosever they are;
        answers whether there may be more.
        """
        query = {"folded": True, "created_at": {"$lte": created_up_to}}
        found = self._collection.find(query, {"user_id": 1}).sort("created_at", ASCENDING)
        ids: dict[str, list[str]] = {}
        async for each in found.limit(self._step):
            ids.setdefault(each["user_id"], []).append(each["_id"])
        for user_id, theirs in ids.items():
            await self._unfold(user_id, theirs)
        return sum(map(len, ids.values())) == self._step

    async def _unfold(self, user_id: str, ids: list[str]) -> None:
        async def work(session: AsyncIOMotorClientSession) -> None:
            await self._turns.take(user_id, session)
            query = {"_id": {"$in": ids}, "folded": True}
            found = self._collection.find(query, COUNTED_FIELDS, session=session)
            folded = await found.to_list(len(ids))
            if not folded:
                await session.abort_transaction()  # another process was first
                return
            await self._write(folded, {"$unset": {"folded": ""}}, session)
            await self._turns.adjust(user_id, difference(folded, []), session)

        async with await self._client.start_session() as session:
            await transact(session, work)

    async def _write(
        self, documents: list[Any], change: dict[str, Any], session: AsyncIOMotorClientSession
    ) -> None:
        ids = [each["_id"] for each in documents]
        await self._collection.update_many({"_id": {"$in": ids}}, change, session=session)
