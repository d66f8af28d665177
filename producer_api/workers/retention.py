"""Retention: MongoDB deletes what is older than notifications are kept, by a TTL index."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ASCENDING
from pymongo.errors import OperationFailure, PyMongoError

from producer_api.inbox.counts.folding import Folding
from producer_api.inbox.indexes import drop_index
from producer_api.mongodb.transactions import CommitUnknownError

_log = logging.getLogger(__name__)

_INDEX = "retention"
_CODE_OTHER_OPTIONS = 85
# As often as MongoDB looks for what it is to delete.
_INTERVAL_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


class Retention:
    """Owns the TTL index. It has nothing that is folded, whose deletion would leave its user's
    counters wrong: `run` unfolds what is to be deleted.
    """

    def __init__(
        self, collection: AsyncIOMotorCollection[Any], folding: Folding, keep: timedelta | None
    ) -> None:
        """`keep` is for how long notifications are kept, None for ever."""
        self._collection = collection
        self._folding = folding
        self._keep = keep

    async def prepare(self) -> None:
        """Make, change or drop the index. Several processes may do so at once.

        Raises `pymongo.errors.PyMongoError`, also where another has just dropped or made it: it
        is to be done again then.
        """
        if self._keep is None:
            return await drop_index(self._collection, _INDEX)
        seconds = int(self._keep.total_seconds())
        try:
            await self._collection.create_index(
                [("created_at", ASCENDING)],
                name=_INDEX,
                expireAfterSeconds=seconds,
                partialFilterExpression={"folded": None},
            )
        except OperationFailure as error:
            if error.code != _CODE_OTHER_OPTIONS:
                raise
            await self._collection.database.command(
                "collMod",
                self._collection.name,
                index={"name": _INDEX, "expireAfterSeconds": seconds},
            )

    async def run(self) -> None:
        """Unfold until cancelled; returns at once where all is kept. MongoDB may come and go."""
        while self._keep is not None:
            try:
                more = True
                while more:
                    more = await self._folding.unfold_oldest(datetime.now(UTC) - self._keep)
                    await asyncio.sleep(_PAUSE_SECONDS)
            except (PyMongoError, CommitUnknownError) as error:
                _log.warning("retention has to wait", extra={"cause": str(error)})
            await asyncio.sleep(_INTERVAL_SECONDS)
