"""Asks the inbox what it owes to users who are catching up: many users, few queries."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from pymongo.errors import PyMongoError

from delivery.core.event_size import EVENT_ITEMS
from delivery.core.record import OwedNotification
from delivery.inbox import Inbox
from runtime.batch_queue import BatchQueue

_log = logging.getLogger(__name__)

_QUERIES_UNDER_WAY = 4
_USERS_A_QUERY = 20
_ENTRIES_A_QUERY = 500
_RETRY_SECONDS = 0.5

PageHandler = Callable[[Sequence[OwedNotification]], None]


class CatchUp:
    """Owns the questions that wait; each is one user's, and asked again until it is answered.

    Questions share queries, and a bounded number of queries is under way: a rebalance asks for
    thousands of users at once. A user with a very large backlog takes up a query's entries; the
    users behind are asked again with the next, without that one, so none waits for its end.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._questions: BatchQueue[tuple[str, PageHandler]] = BatchQueue()

    def ask(self, user: str, answer: PageHandler) -> None:
        """Have `answer` called with the oldest notifications that the inbox owes the user."""
        self._questions.add((user, answer))

    async def run(self) -> None:
        """Answer questions until cancelled."""
        async with asyncio.TaskGroup() as queries:
            for _ in range(_QUERIES_UNDER_WAY):
                queries.create_task(self._answer_for_ever())

    async def _answer_for_ever(self) -> None:
        while True:
            await self._questions.until_filled()
            await self._answer(self._questions.take(_USERS_A_QUERY))

    async def _answer(self, batch: list[tuple[str, PageHandler]]) -> None:
        users = sorted({user for user, _ in batch})
        limit = min(_ENTRIES_A_QUERY, EVENT_ITEMS * len(users))
        try:
            found = await self._inbox.owed(users, limit)
        except PyMongoError as error:
            _log.warning("the inbox does not answer, asking again", extra={"cause": str(error)})
            await asyncio.sleep(_RETRY_SECONDS)
            self._questions.extend(batch)
            return
        pages: dict[str, list[OwedNotification | None]] = {user: [] for user in users}
        for user, entry in found:
            pages[user].append(entry)
        answered = _answered(pages, complete=len(found) < limit)
        for user, answer in batch:
            if user in answered:
                answer([entry for entry in pages[user][:EVENT_ITEMS] if entry is not None])
        self._questions.extend(question for question in batch if question[0] not in answered)


def _answered(pages: dict[str, list[OwedNotification | None]], *, complete: bool) -> set[str]:
    """The users whose page is whole: it was not cut by the query's limit, or is full anyway."""
    if complete:
        return set(pages)
    last = max(user for user, page in pages.items() if page)
    return {user for user, page in pages.items() if user < last or len(page) >= EVENT_ITEMS}
