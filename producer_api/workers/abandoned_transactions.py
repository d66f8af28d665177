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
    then, every writer of the same documents waits or fails, and with it all requests of its batch.
    See docs/adr/0014-mongodb-transactions.md for the alternative.

    If the process is alive and merely slow, it starts its transaction again, as after a conflict.
    """

    def __init__(self, client: Client, within_seconds: float) -> None:
        """Transactions are aborted within this time after they began."""
        self._client = client
        self._open_for = within_seconds / 2
        self._pause = within_seconds / 4

    async def run(self) -> None:
        """Abort until cancelled. Survives an outage of MongoDB."""
        while True:
            try:
                if count := await self.abort():
                    _log.warning("abandoned transactions aborted", extra={"count": count})
            except PyMongoError as error:
                _log.warning(
                    "search for abandoned transactions failed", extra={"cause": str(error)}
                )
            await asyncio.sleep(self._pause)

    async def abort(self) -> int:
        """Abort the transactions that have been open for too long and run no command now.

        Returns their number. Raises `pymongo.errors.PyMongoError`.
        """
        stale: dict[str, Any] = {
            "type": "idleSession",
            "appName": APP_NAME,
            "transaction.timeOpenMicros": {"$gt": self._open_for * 1e6},
        }
        pipeline: list[dict[str, Any]] = [{"$currentOp": {"idleSessions": True}}, {"$match": stale}]
        sessions = [
            {"id": session["lsid"]["id"]}
            async for session in self._client.admin.aggregate(pipeline)
        ]
        if sessions:
            await self._client.admin.command("killSessions", sessions)
        return len(sessions)
