"""Measures how far the processes are behind: since when the oldest unclaimed entry is due."""

import asyncio
import logging
from datetime import UTC, datetime

from pymongo.errors import PyMongoError

from delivery.away import metrics
from delivery.away.store.entries import Entries

_log = logging.getLogger(__name__)

_SECONDS = 10.0


async def watch_lag(entries: Entries) -> None:
    """Set the gauge every few seconds until cancelled. Survives an outage of MongoDB."""
    while True:
        try:
            oldest = await entries.oldest_due()
        except PyMongoError as error:
            _log.warning("oldest entry not read", extra={"cause": str(error)})
        else:
            now = datetime.now(UTC)
            metrics.LAG.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
        await asyncio.sleep(_SECONDS)
