"""Queries the inbox for the users who are catching up, many users per query."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from pymongo.errors import PyMongoError

from delivery.core.event_size import EVENT_ITEMS
from delivery.core.record import OwedNotification
from delivery.inbox import Inbox
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

#: A rebalance makes thousands of users catch up at once. These numbers bound the load on MongoDB
#: and the memory that one answer takes.
_QUERIES_UNDER_WAY = 4
_USERS_PER_QUERY = 20
_NOTIFICATIONS_PER_QUERY = 500
_RETRY_SECONDS = 0.5

PageHandler = Callable[[Sequence[OwedNotification]], None]


class CatchUp:
    """Owns the waiting questions. Each is about one user, and stays until it is answered.

    Several questions share a query, and the number of queries under way is bounded. A user
    with a very large backlog may use up the limit of a query. The users that were cut off go into
    the next query, so they do not wait for the end of that backlog.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._questions: BatchQueue[tuple[str, PageHandler]] = BatchQueue()

    def ask(self, user_id: str, handle_page: PageHandler) -> None:
        """Ask for the oldest notifications owed to the user; pass them to `handle_page`."""
        self._questions.add((user_id, handle_page))

    async def run(self) -> None:
        """Answer questions until cancelled."""
        async with asyncio.TaskGroup() as queries:
            for _ in range(_QUERIES_UNDER_WAY):
                queries.create_task(self._answer_in_batches())

    async def _answer_in_batches(self) -> None:
        while True:
            await self._questions.until_filled()
            await self._answer(self._questions.take(_USERS_PER_QUERY))

    async def _answer(self, batch: list[tuple[str, PageHandler]]) -> None:
        user_ids = sorted({user_id for user_id, _ in batch})
        limit = min(_NOTIFICATIONS_PER_QUERY, EVENT_ITEMS * len(user_ids))
        try:
            owed = await self._inbox.owed(user_ids, limit)
        except PyMongoError as error:
            _log.warning("owed notifications unavailable", extra={"cause": str(error)})
            await asyncio.sleep(_RETRY_SECONDS)
            self._questions.extend(batch)
            return
        pages: dict[str, list[OwedNotification | None]] = {user_id: [] for user_id in user_ids}
        for user_id, notification in owed:
            pages[user_id].append(notification)
        whole_users = _whole_pages(pages, complete=len(owed) < limit)
        for user_id, handle_page in batch:
            if user_id in whole_users:
                page = pages[user_id][:EVENT_ITEMS]
                handle_page([notification for notification in page if notification is not None])
        self._questions.extend(question for question in batch if question[0] not in whole_users)


def _whole_pages(pages: dict[str, list[OwedNotification | None]], *, complete: bool) -> set[str]:
    """Return the users whose page is whole: full, or not cut short by the query's limit."""
    if complete:
        return set(pages)
    # The result is sorted by user, so the limit cut the last user in it, and all later users.
    last = max(user_id for user_id, page in pages.items() if page)
    return {
        user_id for user_id, page in pages.items() if user_id < last or len(page) >= EVENT_ITEMS
    }
