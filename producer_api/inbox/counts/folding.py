"""Folding: moves unread notifications of a large inbox from the counted index into counters.

Counting the index takes time in proportion to its entries. Reading the counters does not.
Unfolding moves notifications back before retention deletes them. docs/adr/0007 has the reasons.
"""

from datetime import datetime, timedelta
from typing import Any, cast

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import ASCENDING

from producer_api.contract.notification import Document
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import COUNTED_FIELDS, difference
from producer_api.inbox.indexes import UNREAD, UNREAD_INDEX
from producer_api.inbox.turns import Turns
from producer_api.mongodb.connection import Client
from producer_api.mongodb.transactions import transact

# How many notifications one transaction folds. The transaction must stay short, because requests
# that mark notifications, and delivery's writes, wait for it.
_STEP = 1_000

# MongoDB's TTL task first selects old, unfolded documents, and then deletes them without checking
# `folded` again. Folding a document in between would leave its user's counters too high. So a
# document that is this close to its deletion is not folded. An hour is longer than any transaction,
# and covers differences between clocks.
_MARGIN = timedelta(hours=1)

_BY_ID = "_id_"


class Folding:
    """Owns the field `folded`, and writes it in steps, each in the user's turn.

    Never folds a notification with `expires_at`: nothing is written when it expires, so it could
    not be subtracted from the counters then.

    Every method raises `pymongo.errors.PyMongoError` (the step has written nothing) or
    `CommitUnknownError`.
    """

    def __init__(
        self,
        client: Client,
        collection: AsyncIOMotorCollection[Any],
        turns: Turns,
        counts: InboxCounts,
        *,
        keep: timedelta | None,
        step: int = _STEP,
    ) -> None:
        """Set up folding. Retention deletes notifications after `keep`; None means never."""
        self._client = client
        self._collection = collection
        self._turns = turns
        self._counts = counts
        self._keep = keep
        self._step = step

    async def fold_oldest(self, user_id: str) -> bool:
        """Fold one step of the user's oldest notifications. Return whether more may be left."""

        async def work(session: AsyncIOMotorClientSession) -> bool:
            at = await self._turns.take(user_id, session)
            has_counted = await self._counts.count_again(user_id, session)
            query = {"user_id": user_id, "folded": None, **UNREAD, "expires_at": None}
            if self._keep is not None:
                query["created_at"] = {"$gt": at - self._keep + _MARGIN}
            cursor = self._collection.find(
                query, COUNTED_FIELDS, hint=UNREAD_INDEX, session=session
            )
            oldest = await cursor.sort("_id", ASCENDING).limit(self._step).to_list(self._step)
            if not oldest:
                if not has_counted:
                    await session.abort_transaction()  # this also undoes the turn
                return False
            # Keep both writes in one transaction: between them, the notifications are counted
            # in neither place.
            await self._write(user_id, oldest, {"$set": {"folded": True}}, session)
            folded = [cast("Document", {**document, "folded": True}) for document in oldest]
            await self._counts.adjust(user_id, difference(oldest, folded), session)
            return len(oldest) == self._step

        async with await self._client.start_session() as session:
            return await transact(session, work)

    async def unfold_oldest(self, created_up_to: datetime) -> bool:
        """Unfold one step of all users' oldest notifications that were created up to this time.

        Returns whether more may be left.
        """
        query = {"folded": True, "created_at": {"$lte": created_up_to}}
        # A damaged notification without a user is in no user's counters, so just unfold it here.
        await self._collection.update_many(
            {**query, "user_id": {"$not": {"$type": "string"}}}, {"$unset": {"folded": ""}}
        )
        cursor = self._collection.find(query, {"user_id": 1}).sort("created_at", ASCENDING)
        ids: dict[str, list[str]] = {}
        async for document in cursor.limit(self._step):
            ids.setdefault(document["user_id"], []).append(document["_id"])
        for user_id, ids_of_user in ids.items():
            await self._unfold(user_id, ids_of_user)
        return sum(map(len, ids.values())) == self._step

    async def _unfold(self, user_id: str, ids: list[str]) -> None:
        async def work(session: AsyncIOMotorClientSession) -> None:
            await self._turns.take(user_id, session)
            # Read again, in the user's turn: another process may have unfolded some in between.
            query = {**_those(user_id, ids), "folded": True}
            cursor = self._collection.find(query, COUNTED_FIELDS, hint=_BY_ID, session=session)
            folded = await cursor.to_list(len(ids))
            if not folded:
                await session.abort_transaction()
                return
            await self._write(user_id, folded, {"$unset": {"folded": ""}}, session)
            await self._counts.adjust(user_id, difference(folded, []), session)

        async with await self._client.start_session() as session:
            await transact(session, work)

    async def _write(
        self,
        user_id: str,
        documents: list[Any],
        change: dict[str, Any],
        session: AsyncIOMotorClientSession,
    ) -> None:
        query = _those(user_id, [document["_id"] for document in documents])
        await self._collection.update_many(query, change, hint=_BY_ID, session=session)


def _those(user_id: str, ids: list[str]) -> dict[str, Any]:
    return {"_id": {"$in": ids}, "user_id": user_id}
