"""Creates the indexes of all stores before any work begins. A store owns a collection."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from pymongo.errors import PyMongoError

from producer_api.contract.mongo_problem import mongo_problem

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


class Store(Protocol):
    """The owner of a collection, whose indexes must exist before it is used."""

    async def prepare(self) -> None:
        """Create the missing indexes. Raises `pymongo.errors.PyMongoError`."""


class Stores:
    """Prepares the stores once after each start. Owns the flag that says whether this is done."""

    def __init__(self, *stores: Store) -> None:
        self._stores: Sequence[Store] = stores
        self._prepared = asyncio.Event()

    @property
    def are_prepared(self) -> bool:
        """Whether all indexes exist."""
        return self._prepared.is_set()

    async def prepare(self) -> None:
        """Create all missing indexes. Retries until MongoDB answers."""
        while not self.are_prepared:
            try:
                for store in self._stores:
                    await store.prepare()
            except PyMongoError as error:
                _log.warning("waiting for MongoDB", extra={"cause": mongo_problem(error)})
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                _log.info("connected to MongoDB")
                self._prepared.set()

    async def work(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait until the stores are prepared. Then do this work."""
        await self._prepared.wait()
        await work()
