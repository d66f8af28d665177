"""Aborts transactions that a killed or hanging process has left open."""

import asyncio
import logging
from typing import Any

from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import APP_NAME, Client

_log = logging.getLogger(__name__)


class AbandonedTransactions:
    """Aborts idle transactions of all processes of this program, earlier than MongoDB would.

    MongoDB aborts a transaction only after 60 to 90 s, even if its connection is closed. Until
    then, every writer of the same documents waits or fails, with all requests of its batch.
    See docs/adr/0014-mongodb-transactions.md for the alternative.

    A process that is only slow retries its aborted transaction, as after a conflict.

    Aborts an idle transaction at the latest `within_seconds` after it began.
    """

    def __init__(self, client: Client, within_seconds: float) -> None:
        self._client = client
        self._max_open_seconds = within_seconds / 2
        self._pause_seconds = within_seconds / 4

    async def run(self) -> None:
        """Abort abandoned transactions until cancelled. Survives an outage of MongoDB."""
        while True:
            try:
                if count := await self.abort():
                    _log.warning("abandoned transactions aborted", extra={"count": count})
            except PyMongoError as error:
                _log.warning(
                    "search for abandoned transactions failed", extra={"cause": str(error)}
                )
            await asyncio.sleep(self._pause_seconds)

    async def abort(self) -> int:
        """Abort the transactions that have been open for too long and are idle now.

        Returns their number. Raises `pymongo.errors.PyMongoError`.
        """
        stale: dict[str, Any] = {
            "type": "idleSession",
            "appName": APP_NAME,
            "transaction.timeOpenMicros": {"$gt": self._max_open_seconds * 1e6},
        }
        pipeline: list[dict[str, Any]] = [{"$currentOp": {"idleSessions": True}}, {"$match": stale}]
        sessions = [
            {"id": session["lsid"]["id"]}
            async for session in self._client.admin.aggregate(pipeline)
        ]
        if sessions:
            await self._client.admin.command("killSessions", sessions)
        return len(sessions)
