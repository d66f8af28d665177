"""A collection with Motor's methods, whose commands block the calling thread.

So a store needs only one method for each statement, whether it runs in the event loop or in the
thread of `TransactionThread`.
"""

from typing import Any, Self, cast

from motor.motor_asyncio import AsyncIOMotorCollection


def in_thread(collection: AsyncIOMotorCollection[Any]) -> AsyncIOMotorCollection[Any]:
    """Return the collection for a store that is used in a thread, never in the event loop."""
    return cast("AsyncIOMotorCollection[Any]", ThreadCollection(collection.delegate))


class ThreadCollection:
    """The calls that the transaction of a create needs. Their coroutines block, never suspend."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection
        self.name = collection.name

    def with_options(self, **options: Any) -> "ThreadCollection":
        """Return the same collection with other options."""
        return ThreadCollection(self._collection.with_options(**options))

    async def insert_many(self, *args: Any, **kwargs: Any) -> Any:
        """Insert documents."""
        return self._collection.insert_many(*args, **kwargs)

    async def bulk_write(self, *args: Any, **kwargs: Any) -> Any:
        """Execute several writes."""
        return self._collection.bulk_write(*args, **kwargs)

    async def update_one(self, *args: Any, **kwargs: Any) -> Any:
        """Update a document."""
        return self._collection.update_one(*args, **kwargs)

    async def find_one_and_update(self, *args: Any, **kwargs: Any) -> Any:
        """Update a document, and return it."""
        return self._collection.find_one_and_update(*args, **kwargs)

    async def find_one(self, *args: Any, **kwargs: Any) -> Any:
        """Return a document, or None."""
        return self._collection.find_one(*args, **kwargs)

    def find(self, *args: Any, **kwargs: Any) -> "_ThreadCursor":
        """Return a cursor of the documents that match."""
        return _ThreadCursor(self._collection.find(*args, **kwargs))

    def aggregate(self, *args: Any, **kwargs: Any) -> "_ThreadCursor":
        """Return a cursor of the results of a pipeline."""
        return _ThreadCursor(self._collection.aggregate(*args, **kwargs))


class _ThreadCursor:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def sort(self, *args: Any) -> Self:
        self._cursor.sort(*args)
        return self

    async def to_list(self, length: int | None) -> list[Any]:
        found: list[Any] = self._cursor.to_list(length)
        return found

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._cursor)
        except StopIteration:
            raise StopAsyncIteration from None
