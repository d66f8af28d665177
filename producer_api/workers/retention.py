"""Retention: the TTL index that makes MongoDB delete old notifications."""

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
# MongoDB looks for expired documents at the same interval.
_INTERVAL_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


class Retention:
    """Owns the TTL index, which excludes folded notifications.

    If MongoDB deleted a folded notification, the counters of its user would be wrong. So `run`
    first unfolds old notifications. Only then does the index include them, and MongoDB delete them.

    `keep` is how long notifications are kept; None means that they are never deleted.
    """

    def __init__(
        self, collection: AsyncIOMotorCollection[Any], folding: Folding, keep: timedelta | None
    ) -> None:
        self._collection = collection
        self._folding = folding
        self._keep = keep

    async def prepare(self) -> None:
        """Create, change or drop the index.

        Several processes may call this at the same time. Raises `pymongo.errors.PyMongoError`, for
        example if another process changes the index meanwhile. Call it again after an error.
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
        """Unfold old notifications until cancelled. Return at once if none are ever deleted.

        Survives an outage of MongoDB.
        """
        while self._keep is not None:
            try:
                has_more = True
                while has_more:
                    has_more = await self._folding.unfold_oldest(datetime.now(UTC) - self._keep)
                    await asyncio.sleep(_PAUSE_SECONDS)
            except (PyMongoError, CommitUnknownError) as error:
                _log.warning("retention waiting", extra={"cause": str(error)})
            await asyncio.sleep(_INTERVAL_SECONDS)
