"""The relay: publishes queued intents, oldest first, in one process at a time."""

import asyncio
import logging
import time

from pymongo.errors import PyMongoError

from producer_api.contract.notification import public_json
from producer_api.inbox.notifications import Notifications
from producer_api.metrics import Metrics
from producer_api.outbox.intents import Intent, Intents
from producer_api.outbox.lease import Lease
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import TopicRecord, created
from producer_api.settings import Settings

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 2.0
_MAX_INTENTS = 500
_MAX_RECORDS = 1_000


class Relay:
    """Owns the backlog, which is the oldest part of the queue. Publishes while it has the lease.

    Publishes only if the lease lasts longer than one publish may take. If the process hangs at the
    wrong moment, two relays publish the same intents in the same order. This only causes repeats,
    which consumers drop.
    """

    def __init__(
        self,
        settings: Settings,
        intents: Intents,
        notifications: Notifications,
        lease: Lease,
        publisher: Publisher,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._intents = intents
        self._notifications = notifications
        self._lease = lease
        self._publisher = publisher
        self._metrics = metrics
        self._measured_at = 0.0
        self._backlog: list[Intent] = []

    async def run(self) -> None:
        """Publish queued intents until cancelled. Then release the lease.

        Survives outages of MongoDB and Kafka.
        """
        pause = _IDLE_SECONDS
        try:
            while True:
                try:
                    busy = await self.turn()
                    pause = 0.0 if busy else _IDLE_SECONDS
                except (PyMongoError, NotPublishedError) as error:
                    pause = min(max(pause, _IDLE_SECONDS) * 2, _MAX_PAUSE_SECONDS)
                    _log.warning("relay waiting", extra={"cause": str(error)})
                await asyncio.sleep(pause)
        finally:
            await self._release()

    async def turn(self) -> bool:
        """Publish the oldest queued intents. Return whether there may be more.

        Raises `pymongo.errors.PyMongoError` or `NotPublishedError`. Call it again after an error.
        """
        await self._measure()
        publish_seconds = self._settings.producer_api_publish_timeout_seconds
        margin = max(publish_seconds, self._settings.producer_api_lease_seconds / 2)
        if self._lease.remaining <= 0:
            # Meanwhile, another process may have had the lease and published the backlog.
            self._backlog.clear()
        if self._lease.remaining < margin and not await self._lease.claim():
            return False
        count = await self._intents.take_over(self._settings.producer_api_takeover_seconds)
        if count:
            _log.warning("intents of a dead process taken over", extra={"count": count})
        # Read many batches at once: reading a long queue for every batch would take quadratic time.
        if not self._backlog:
            self._backlog = await self._intents.oldest_queued(_MAX_INTENTS)
        intents = _batch(self._backlog)
        if intents:
            await self._publish(intents)
            del self._backlog[: len(intents)]
        return bool(intents)

    async def _publish(self, intents: list[Intent]) -> None:
        ids = [notification_id for intent in intents for notification_id in intent.ids]
        documents = await self._notifications.find_many(ids)
        records: list[TopicRecord] = []
        for intent in intents:
            records += [
                created(document, public_json(document), intent.notices.get(document["_id"]))
                for document in map(documents.get, intent.ids)
                if document is not None  # a missing notification was erased
            ]
            records += intent.records
        await self._publisher.publish(records, "relay")
        await self._intents.delete([intent.id for intent in intents])
        _log.info(
            "queued intents published", extra={"intents": len(intents), "records": len(records)}
        )

    async def _measure(self) -> None:
        if time.monotonic() - self._measured_at >= _IDLE_SECONDS:
            self._metrics.oldest_unpublished_seconds.set(await self._intents.oldest_age())
            self._measured_at = time.monotonic()

    async def _release(self) -> None:
        if self._lease.remaining > 0:
            try:
                await self._lease.release()
            except PyMongoError as error:
                _log.info("relay lease not released", extra={"cause": str(error)})


def _batch(intents: list[Intent]) -> list[Intent]:
    """Return the oldest intents that fit into one batch, but at least one."""
    records = 0
    for index, intent in enumerate(intents):
        records += intent.size
        if index and records > _MAX_RECORDS:
            return intents[:index]
    return intents
