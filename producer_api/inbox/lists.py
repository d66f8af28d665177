"""Pages of a user's notifications: the inbox with its counts, and everything that was sent."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import DESCENDING

from producer_api.contract import category as categories_of
from producer_api.contract.notification import PRESENT, Document
from producer_api.inbox.counts.fold_queue import FoldQueue
from producer_api.inbox.counts.inbox_counts import InboxCounts
from producer_api.inbox.counts.rules import Tally
from producer_api.inbox.delivery_status import DeliveryStatus, query_for, unexpired
from producer_api.inbox.indexes import ALL_UNREAD, ALL_UNSEEN, CATEGORY_INDEX, UNREAD_INDEX
from producer_api.inbox.readable import readable
from producer_api.mongodb.connection import Client

#: How many queries one page may take. Only malformed notifications make a second one necessary.
_MAX_QUERIES = 20
#: How many documents each further query reads.
_COUNT_BEYOND = 500


class ListFilter(StrEnum):
    """Which notifications a list shows. `all` does not include archived ones."""

    ALL = "all"
    UNREAD = "unread"
    UNSEEN = "unseen"
    ARCHIVED = "archived"


_QUERIES: dict[ListFilter, dict[str, Any]] = {
    ListFilter.ALL: {"archived_at": None, **PRESENT},
    ListFilter.UNREAD: ALL_UNREAD,
    ListFilter.UNSEEN: ALL_UNSEEN,
    ListFilter.ARCHIVED: {"archived_at": {"$ne": None}, **PRESENT},
}
_INDEXES = {ListFilter.UNREAD: UNREAD_INDEX, ListFilter.UNSEEN: UNREAD_INDEX}
#: If a user has more unread notifications than this, a list of the unread or unseen ones of one
#: category uses `CATEGORY_INDEX`.
_MANY_UNREAD = 1_000


class Page(NamedTuple):
    """A part of a list, newest first."""

    items: list[Document]
    last_id: str | None
    """The id that the next page starts after; None on the last page."""


class Lists:
    """Reads lists, and queues large inboxes for folding.

    Reads a user's page, index count and counters from one snapshot. Otherwise, a fold between two
    of these reads would count notifications twice, or not at all. The snapshot is the newest that a
    majority of MongoDB's members have, so it includes every create that was answered.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(
        self,
        client: Client,
        collection: AsyncIOMotorCollection[Any],
        counts: InboxCounts,
        fold_queue: FoldQueue,
    ) -> None:
        self._client = client
        self._collection = collection
        self._counts = counts
        self._fold_queue = fold_queue

    async def inbox(
        self,
        user_id: str,
        list_filter: ListFilter,
        *,
        now: datetime,
        after: str | None,
        limit: int,
        category: str | None = None,
        counted: Collection[str] = (),
    ) -> tuple[Page, Tally]:
        """Return up to `limit` items of the inbox older than the id `after`, and the counts.

        With a `category`, returns only its items. The counts are those of the whole inbox. The
        tally always has the counts of the categories in `counted`.
        """
        query = {"user_id": user_id, **_QUERIES[list_filter], **unexpired(now)}
        # A causally consistent session is not enough: its second read may see newer writes.
        async with await self._client.start_session(snapshot=True) as session:
            tally = await self._counts.tally(user_id, now, session)
            tally = await self._counts.with_folded(user_id, tally, counted, session)
            index = _INDEXES.get(list_filter)
            if category is not None:
                query |= categories_of.query_for(category)
                if index is None or tally.counts.unread_count > _MANY_UNREAD:
                    index = CATEGORY_INDEX
            page = await self._page(query, after, limit, session, index)
        self._fold_queue.offer(user_id, tally)
        return page, tally

    async def sent(
        self,
        user_id: str,
        status: DeliveryStatus | None,
        *,
        now: datetime,
        after: str | None,
        limit: int,
    ) -> Page:
        """Return up to `limit` notifications sent to the user that are older than the id `after`.

        With a `status`, returns only the notifications with this status.
        """
        status_query = query_for(status, now) if status is not None else {}
        return await self._page({"user_id": user_id, **status_query}, after, limit)

    async def _page(
        self,
        query: dict[str, Any],
        after: str | None,
        limit: int,
        session: AsyncIOMotorClientSession | None = None,
        index: str | None = None,
    ) -> Page:
        # Read one more than the limit, to find out whether another page follows.
        items: list[Document] = []
        count = limit + 1
        # Leave malformed notifications out, and look beyond them, so that they hide no others. The
        # number of queries is limited. So a page with a cursor may have few items, or none.
        for _ in range(_MAX_QUERIES):
            # Read only ids that are texts (all are at least ""), because no other can be a cursor.
            ids = {"$gte": ""} | ({} if after is None else {"$lt": after})
            cursor = self._collection.find({**query, "_id": ids}, hint=index, session=session)
            documents: list[Document]
            documents = await cursor.sort("_id", DESCENDING).limit(count).to_list(count)
            items += readable(documents)
            after = documents[-1]["_id"] if len(documents) == count else None
            if after is None or len(items) > limit:
                break
            count = _COUNT_BEYOND
        return Page(items[:limit], items[limit - 1]["_id"] if len(items) > limit else after)
