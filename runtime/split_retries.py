"""Repeats failed writes in smaller groups, so that an unwritable item delays no others."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from bson.errors import BSONError
from pymongo.errors import OperationFailure, PyMongoError, WriteConcernError, WriteError

Item = TypeVar("Item", bound=Hashable)

#: What a write may raise. The last two mean that a document cannot be encoded.
WRITE_ERRORS = (PyMongoError, BSONError, UnicodeError)
#: A failed group is split into this many parts. Few items are bad, so most parts succeed.
_PARTS = 8
_GROUP_SECONDS = 0.5
#: The first time limit of a single item, and the first pause before it is tried again. Both double
#: with each try, because a database that is merely slow needs more time.
_FIRST_SECONDS, _MAX_SECONDS = 0.25, 2.0
_OUTAGE_SECONDS, _SLOW_SECONDS = 0.5, 10.0
#: How many groups are written at the same time, and how many items are tried again meanwhile.
_GROUPS_AT_ONCE, _RETRIES_AT_ONCE = 3, 3


def is_about_documents(error: Exception) -> bool:
    """Return whether a write failed because of some of its documents.

    A transaction may have locked a document, a validator may refuse it, or it cannot be encoded.
    Any other error is about the database, so smaller writes would fail, too.
    """
    if isinstance(error, PyMongoError):
        return isinstance(error, OperationFailure) and not isinstance(error, WriteConcernError)
    return True


def raise_write_errors(answer: Mapping[str, Any]) -> None:
    """Raise the first error in a write command's answer, which PyMongo's `command` does not do.

    Raises `WriteError` or `WriteConcernError`.
    """
    for error in answer.get("writeErrors", ()):
        raise WriteError(error["errmsg"], error["code"], error)
    if error := answer.get("writeConcernError"):
        raise WriteConcernError(error["errmsg"], error["code"], error)


class SplitRetries(Generic[Item]):
    """Owns the items of failed writes until they are written.

    ::

        group ── written ──► gone
          └─ failed ─► parts ─► … ─► one item alone ─► tried again after a pause, until written

    `write` writes a group within the given seconds, and does what follows a successful write. It
    raises one of `WRITE_ERRORS`.
    """

    def __init__(self, write: Callable[[Sequence[Item], float], Awaitable[None]]) -> None:
        self._write = write
        #: These are dicts, because a dict keeps the order.
        self._waiting: dict[Item, None] = {}
        self._alone: dict[Item, None] = {}
        self._groups: asyncio.Queue[Sequence[Item]] = asyncio.Queue()
        #: When to try an item again, a number to break ties, the number of its tries, and the item.
        self._retries: asyncio.PriorityQueue[tuple[float, int, int, Item]] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._all_alone = asyncio.Event()
        self._all_alone.set()

    @property
    def waiting(self) -> Collection[Item]:
        """The items that are not written yet, in the order in which they were added."""
        return self._waiting

    @property
    def alone(self) -> Collection[Item]:
        """The items that have failed alone, and are not written yet, the first one first."""
        return self._alone

    def add(self, items: Sequence[Item]) -> None:
        """Write these items, whose common write has failed, in smaller groups."""
        self._waiting.update(dict.fromkeys(items))
        self._all_alone.clear()
        self._split(items)

    async def until_all_alone(self) -> None:
        """Wait until each item is written, or has failed alone."""
        await self._all_alone.wait()

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_GROUPS_AT_ONCE):
                tasks.create_task(self._write_groups())
            for _ in range(_RETRIES_AT_ONCE):
                tasks.create_task(self._retry())

    async def _write_groups(self) -> None:
        while True:
            group = await self._groups.get()
            if await self._is_written(group, _GROUP_SECONDS):
                for item in group:
                    self._waiting.pop(item, None)
            elif len(group) > 1:
                self._split(group)
            else:
                self._alone.update(dict.fromkeys(group))
                self._retry_later(group[0], 0)
            self._note_change()

    async def _retry(self) -> None:
        while True:
            due_at, _, tries, item = await self._retries.get()
            await asyncio.sleep(due_at - time.monotonic())
            if await self._is_written((item,), _seconds(tries)):
                self._waiting.pop(item, None)
                self._alone.pop(item, None)
                self._note_change()
            else:
                self._retry_later(item, tries + 1)

    async def _is_written(self, group: Sequence[Item], seconds: float) -> bool:
        """Write the group, and return whether that succeeded. Waits for the end of an outage."""
        while True:
            try:
                await self._write(group, seconds)
            except WRITE_ERRORS as error:
                if is_about_documents(error):
                    return False
                await asyncio.sleep(_OUTAGE_SECONDS)
                seconds = _SLOW_SECONDS  # the secondaries may be slow to confirm
            else:
                return True

    def _split(self, group: Sequence[Item]) -> None:
        size = max(1, -(-len(group) // _PARTS))
        for start in range(0, len(group), size):
            self._groups.put_nowait(group[start : start + size])

    def _retry_later(self, item: Item, tries: int) -> None:
        entry = time.monotonic() + _seconds(tries), next(self._numbers), tries, item
        self._retries.put_nowait(entry)

    def _note_change(self) -> None:
        if len(self._waiting) == len(self._alone):
            self._all_alone.set()


def _seconds(tries: int) -> float:
    return min(_FIRST_SECONDS * 2.0 ** min(tries, 16), _MAX_SECONDS)
