"""Queries the inbox for the users who are catching up, many users per query."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pymongo.errors import PyMongoError

from delivery.core.event_size import EVENT_ITEMS
from delivery.core.record import OwedNotification
from delivery.inbox import Inbox, OwedEntry
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

#: A rebalance makes thousands of users catch up at once. These numbers bound the load on MongoDB
#: and the memory that one answer takes.
_QUERIES_UNDER_WAY = 4
_USERS_PER_QUERY = 20
_NOTIFICATIONS_PER_QUERY = 500
_RETRY_SECONDS = 0.5

PageHandler = Callable[[Sequence[OwedNotification]], None]


class _Question(NamedTuple):
    """A question about one user: what the inbox owes them with an id above `after`.

    `found` is the part of the answer that earlier queries have found.
    """

    user_id: str
    handle_page: PageHandler
    after: str = ""
    found: tuple[OwedNotification, ...] = ()


class CatchUp:
    """Owns the waiting questions. Each is about one user, and stays until it is answered.

    Several questions share a query, and the number of queries under way is bounded. A user with a
    very large backlog may use up the limit of a query. The users that it cuts off go into the next
    query, so they do not wait for the end of that backlog.

    Malformed notifications do not stop a user from catching up: the question goes on beyond them.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._questions: BatchQueue[_Question] = BatchQueue()

    def ask(self, user_id: str, handle_page: PageHandler) -> None:
        """Ask for the oldest notifications owed to the user; pass them to `handle_page`."""
        self._questions.add(_Question(user_id, handle_page))

    def ask_beyond(self, user_id: str, after: str, handle_page: PageHandler) -> None:
        """Ask only for notifications with an id above `after`."""
        self._questions.add(_Question(user_id, handle_page, after))

    async def run(self) -> None:
        """Answer questions until cancelled."""
        async with asyncio.TaskGroup() as queries:
            for _ in range(_QUERIES_UNDER_WAY):
                queries.create_task(self._answer_in_batches())

    async def _answer_in_batches(self) -> None:
        while True:
            await self._questions.until_filled()
            batch = self._questions.take(_USERS_PER_QUERY)
            if first := [question for question in batch if not question.after]:
                self._questions.extend(await self._answer_first(first))
            for question in batch:
                if question.after:
                    self._questions.extend(await self._answer_beyond(question))

    async def _answer_beyond(self, question: _Question) -> list[_Question]:
        """Answer the question, or return what another query must still answer."""
        page = await self._owed([question.user_id], _NOTIFICATIONS_PER_QUERY, question.after)
        if page is None:
            return [question]
        return _answered(question, page, is_last=len(page) < _NOTIFICATIONS_PER_QUERY)

    async def _owed(self, user_ids: list[str], limit: int, after: str) -> list[OwedEntry] | None:
        """Return the answer of the inbox; None, after a pause, if the query fails."""
        try:
            return await self._inbox.owed(user_ids, limit, after)
        except PyMongoError as error:
            _log.warning("owed notifications unavailable", extra={"cause": str(error)})
            await asyncio.sleep(_RETRY_SECONDS)
            return None

    async def _answer_first(self, questions: list[_Question]) -> list[_Question]:
        """Answer the questions, and return those that another query must answer."""
        user_ids = sorted({question.user_id for question in questions})
        limit = min(_NOTIFICATIONS_PER_QUERY, EVENT_ITEMS * len(user_ids))
        owed = await self._owed(user_ids, limit, "")
        if owed is None:
            return questions
        pages: dict[str, list[OwedEntry]] = {user_id: [] for user_id in user_ids}
        for entry in owed:
            pages[entry.user].append(entry)
        whole_users = _whole_pages(pages, complete=len(owed) < limit)
        unanswered: list[_Question] = []
        for question in questions:
            page = pages[question.user_id]
            if question.user_id not in whole_users:
                unanswered.append(question)
            else:
                unanswered += _answered(question, page, is_last=len(page) < EVENT_ITEMS)
        return unanswered


def _answered(question: _Question, page: list[OwedEntry], *, is_last: bool) -> list[_Question]:
    """Answer the question with this page, unless too much of the page is malformed.

    `is_last` says that the inbox owes nothing beyond the page. Returns the question that goes on
    beyond the page, if there is one.
    """
    readable = [entry.notification for entry in page if entry.notification is not None]
    found = (*question.found, *readable)[:EVENT_ITEMS]
    if is_last or len(found) == EVENT_ITEMS:
        question.handle_page(list(found))
        return []
    return [question._replace(after=page[-1].id, found=found)]


def _whole_pages(pages: dict[str, list[OwedEntry]], *, complete: bool) -> set[str]:
    """Return the users whose page is whole: full, or not cut short by the query's limit."""
    if complete:
        return set(pages)
    # The result is sorted by user, so the limit cut the last user in it, and all later users.
    last = max(user_id for user_id, page in pages.items() if page)
    return {
        user_id for user_id, page in pages.items() if user_id < last or len(page) >= EVENT_ITEMS
    }
