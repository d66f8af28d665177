"""The stores that must be prepared before any work begins."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from pymongo.errors import PyMongoError

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


class Store(Protocol):
    """Has indexes that must be there before it is used."""

    async def prepare(self) -> None:
        """Make what is missing. Raises `pymongo.errors.PyMongoError`."""


class Stores:
    """Owns whether the stores are prepared, which they are once after each start."""

    def __init__(self, *stores: Store) -> None:
        self._stores: Sequence[Store] = stores
        self._prepared = asyncio.Event()

    @property
    def are_prepared(self) -> bool:
        """Whether all indexes are there."""
        return self._prepared.is_set()

    async def prepare(self) -> None:
        """Make all indexes that are missing. Tries again until MongoDB is there."""
        while not self.are_prepared:
            try:
                for store in self._stores:
                    await store.prepare()
            except PyMongoError as error:
                _log.warning("waiting for MongoDB", extra={"cause": str(error)})
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                _log.info("connected to MongoDB")
                self._prepared.set()

    async def work(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work that needs the stores, as soon as they are prepared."""
        await self._prepared.wait()
        await work()
