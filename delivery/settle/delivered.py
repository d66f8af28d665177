"""Writes `delivered_at` for what was acknowledged: many acks, one write."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from pymongo.errors import PyMongoError

from delivery.inbox import Inbox

_log = logging.getLogger(__name__)

_WRITE_IDS = 2_000
#: Acks this far apart are written with different times.
_SAME_MOMENT_SECONDS = 0.05
_RETRY_SECONDS = 0.5


class _Acked(NamedTuple):
    at: datetime
    ids: list[str]
    then: Callable[[], None]


class DeliveredWriter:
    """Owns the acknowledgements that are not written yet, in the order of their arrival.

    A write that fails is repeated until it succeeds: meanwhile nothing of it is settled. What may
    gather is bounded by what the owner has in flight.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._acked: deque[_Acked] = deque()
        self._arrived = asyncio.Event()
        self._written = asyncio.Event()

    def add(self, ids: list[str], then: Callable[[], None]) -> None:
        """A client has these; `then` is called when that is written."""
        self._acked.append(_Acked(datetime.now(UTC), ids, then))
        self._arrived.set()

    async def flush(self) -> None:
        """Wait until nothing waits to be written; give it a time-out."""
        while self._acked:
            self._written.clear()
            await self._written.wait()

    async def run(self) -> None:
        """Write for ever; what gathers during one write goes with the next."""
        while True:
            await self._arrived.wait()
            batch = self._next_batch()
            ids = [name for acked in batch for name in acked.ids]
            try:
                await self._inbox.mark_delivered(ids, batch[-1].at)
            except PyMongoError as error:
                _log.warning("delivered_at not written, trying again", extra={"cause": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            for acked in batch:
                self._acked.popleft()
                acked.then()
            if not self._acked:
                self._arrived.clear()
            self._written.set()

    def _next_batch(self) -> list[_Acked]:
        batch: list[_Acked] = []
        room = _WRITE_IDS
        for acked in self._acked:
            room -= len(acked.ids)
            if batch and room < 0:
                break
            if batch and (acked.at - batch[0].at).total_seconds() > _SAME_MOMENT_SECONDS:
                break
            batch.append(acked)
        return batch
