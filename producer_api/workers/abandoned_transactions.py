"""Transactions that nobody will end: their process was killed, or stands still, in the middle."""

import asyncio
import logging
from typing import Any

from pymongo.errors import PyMongoError

from producer_api.mongodb.connection import APP_NAME, Client

_log = logging.getLogger(__name__)


class Abandoned:
    """Aborts them, whichever process they are of. MongoDB itself would do so after 60 to 90 s only,
    the end of their connection notwithstanding; whoever writes what they have written has to wait
    or fails until then, and so do all that share a transaction with it.

    Should one be hit whose process is merely slow, it is begun anew, as after any conflict.
    """

    def __init__(self, client: Client, within_seconds: float) -> None:
        self._client = client
        self._open_for = within_seconds / 2
        self._pause = within_seconds / 4

    async def run(self) -> None:
        """Abort, until cancelled, what is left open, within the time given. MongoDB may be away."""
        while True:
            try:
                if count := await self.abort():
                    _log.warning("abandoned transactions are aborted", extra={"count": count})
            except PyMongoError as error:
                _log.warning("no look-out for transactions", extra={"cause": str(error)})
            await asyncio.sleep(self._pause)

    async def abort(self) -> int:
        """Abort those that are open for too long, with nothing under way in them; answers how many.

        Raises `pymongo.errors.PyMongoError`.
        """
        stale: dict[str, Any] = {
            "type": "idleSession",
            "appName": APP_NAME,
            "transaction.timeOpenMicros": {"$gt": self._open_for * 1e6},
        }
        pipeline: list[dict[str, Any]] = [{"$currentOp": {"idleSessions": True}}, {"$match": stale}]
        found = [
            {"id": each["lsid"]["id"]} async for each in self._client.admin.aggregate(pipeline)
        ]
        if found:
            await self._client.admin.command("killSessions", found)
        return len(found)
