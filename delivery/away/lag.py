"""Measures how far the processes are behind: what is due, and since when."""

import asyncio
import logging
from datetime import UTC, datetime

from pymongo.errors import PyMongoError

from delivery.away import metrics
from delivery.away.store.entries import Entries

_log = logging.getLogger(__name__)

_SECONDS = 10.0


async def watch_lag(entries: Entries) -> None:
    """Set the gauges every few seconds until cancelled. Survives an outage of MongoDB."""
    while True:
        now = datetime.now(UTC)
        try:
            oldest = await entries.oldest_due()
            waiting, due, dead = await entries.counts(now)
        except PyMongoError as error:
            _log.warning("oldest entry not read", extra={"cause": str(error)})
        else:
            metrics.LAG.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
            metrics.ENTRIES.labels("waiting").set(waiting)
            metrics.ENTRIES.labels("due").set(due)
            metrics.DEAD_LETTERS.set(dead)
        await asyncio.sleep(_SECONDS)
