"""Creates the indexes of the entries before anything uses them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pymongo.errors import PyMongoError

from delivery.away.store.entries import Entries

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


class IndexCreation:
    """Owns the event that says that the indexes exist."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._done = asyncio.Event()

    async def run(self) -> None:
        """Create the indexes. Retries until MongoDB answers."""
        while not self._done.is_set():
            try:
                await self._entries.prepare()
            except PyMongoError as error:
                _log.warning("away indexes not created", extra={"cause": str(error)})
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                self._done.set()

    async def run_after(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait until the indexes exist. Then run this work."""
        await self._done.wait()
        await work()
