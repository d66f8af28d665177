"""Retention: a TTL index by which MongoDB deletes notifications that are too old."""

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
# As often as MongoDB looks for expired documents.
_INTERVAL_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


class Retention:
    """Owns the TTL index, which excludes folded notifications.

    Deleting a folded one would leave the counters of its user wrong. So `run` unfolds what is old
    enough, which puts it into the index.
    """

    def __init__(
        self, collection: AsyncIOMotorCollection[Any], folding: Folding, keep: timedelta | None
    ) -> None:
        """Keep notifications for the time `keep`; None keeps them always."""
        self._collection = collection
        self._folding = folding
        self._keep = keep

    async def prepare(self) -> None:
        """Make, change or drop the index.

        Several processes may do this at once. Raises `pymongo.errors.PyMongoError`, also if
        another process has just dropped or made the index; the caller tries again then.
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
        """Unfold until cancelled. Returns at once if everything is kept.

        Survives an outage of MongoDB.
        """
        while self._keep is not None:
            try:
                more = True
                while more:
                    more = await self._folding.unfold_oldest(datetime.now(UTC) - self._keep)
                    await asyncio.sleep(_PAUSE_SECONDS)
            except (PyMongoError, CommitUnknownError) as error:
                _log.warning("retention waiting", extra={"cause": str(error)})
            await asyncio.sleep(_INTERVAL_SECONDS)
