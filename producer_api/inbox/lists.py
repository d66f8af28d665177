"""Lists of notifications: a user's own, with their counts, and their sender's."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection
from pymongo import DESCENDING

from producer_api.contract.notification import Document
from producer_api.inbox.counts.rules import Counts
from producer_api.inbox.delivery_status import State, alive, query_of
from producer_api.inbox.indexes import ALL_UNREAD, ALL_UNSEEN, UNREAD_INDEX
from producer_api.inbox.notifications import Notifications
from producer_api.mongodb.connection import Client
from producer_api.workers.folding_worker import Folder


class Listed(StrEnum):
    """Which notifications a list shows. `all` is the feed: archived ones have left it."""

    ALL = "all"
    UNREAD = "unread"
    UNSEEN = "unseen"
    ARCHIVED = "archived"


_SHOWN: dict[Listed, dict[str, Any]] = {
    Listed.ALL: {"archived_at": None, "superseded_by": None},
    Listed.UNREAD: ALL_UNREAD,
    Listed.UNSEEN: ALL_UNSEEN,
    Listed.ARCHIVED: {"archived_at": {"$ne": None}, "superseded_by": None},
}
_INDEXES = {Listed.UNREAD: UNREAD_INDEX, Listed.UNSEEN: UNREAD_INDEX}


class Page(NamedTuple):
    """A part of a list, newest first."""

    items: list[Document]
    last_id: str | None
    """The id that the list goes on behind; None where nothing is left."""


class Lists:
    """Reads lists; has the inboxes folded that it finds large.

    A user's page and both halves of the counts are read from one snapshot: a fold between two of
    these readings would have notifications counted twice, or not at all. MongoDB takes the newest
    snapshot that a majority has, and so one with every create that was answered.

    Every method raises `pymongo.errors.PyMongoError`.
    """

    def __init__(
        self,
        client: Client,
        collection: AsyncIOMotorCollection[Any],
        notifications: Notifications,
        folder: Folder,
    ) -> None:
        self._client = client
        self._collection = collection
        self._notifications = notifications
        self._folder = folder

    async def shown(
        self, user_id: str, listed: Listed, *, now: datetime, after: str | None, limit: int
    ) -> tuple[Page, Counts]:
        """At most `limit` of the user's, older than the id `after`, and the counts."""
        query = {"user_id": user_id, **_SHOWN[listed], **alive(now)}
        async with await self._client.start_session(snapshot=True) as session:
            page = await self._page(query, after, limit, session, _INDEXES.get(listed))
            tally = await self._notifications.tally(user_id, now, session)
        self._folder.heed(user_id, tally)
        return page, tally.counts

    async def sent(
        self, user_id: str, state: State | None, *, now: datetime, after: str | None, limit: int
    ) -> Page:
        """At most `limit` of all that was sent to the user and is in this state, or in any; older
        than the id `after`.
        """
        wanted = query_of(state, now) if state is not None else {}
        return await self._page({"user_id": user_id, **wanted}, after, limit)

    async def _page(
        self,
        query: dict[str, Any],
        after: str | None,
        limit: int,
        session: AsyncIOMotorClientSession | None = None,
        index: str | None = None,
    ) -> Page:
        if after is not None:
            query = {**query, "_id": {"$lt": after}}
        # One more than asked for tells whether anything is left.
        found = self._collection.find(query, hint=index, session=session)
        documents: list[Document]
        documents = await found.sort("_id", DESCENDING).limit(limit + 1).to_list(limit + 1)
        items = documents[:limit]
        return Page(items, items[-1]["_id"] if len(documents) > limit else None)
