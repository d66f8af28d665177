"""The relay: publishes queued intents, oldest first, in one process at a time."""

import asyncio
import logging
import time
from typing import NamedTuple

from pymongo.errors import PyMongoError

from producer_api.contract.notification import Document
from producer_api.contract.stored import UnreadableError, stored_json
from producer_api.inbox.notifications import Notifications
from producer_api.metrics import Metrics
from producer_api.outbox.intent import Intent
from producer_api.outbox.intents import Intents
from producer_api.outbox.lease import Lease
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import TopicRecord, created
from producer_api.settings import Settings
from producer_api.workers.outbox_watch import OutboxWatch
from runtime.slices import Slices

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 2.0
_MAX_INTENTS = 500
_MAX_RECORDS = 1_000
#: Longer than the other processes wait between two attempts to take the lease.
_REST_SECONDS = 2.0
#: After this time with the lease, a process gives it up if the oldest intent has grown older.
_TERM_SECONDS = 10.0


class _Term(NamedTuple):
    """A period in which this process publishes, and the age of the oldest intent at its start."""

    begun_at: float
    oldest_seconds: float


class Relay:
    """Owns the backlog, which is the oldest part of the queue. Publishes while it has the lease.

    Publishes only if the lease still lasts for as long as one publish may take. If the process
    hangs while it publishes, two relays may publish the same intents in the same order. This only
    causes repeats, which consumers drop.

    A process that cannot publish, or publishes too slowly, gives the lease up, because another
    process may be healthy. It then rests, so that the other process takes the lease first.
    """

    def __init__(
        self,
        settings: Settings,
        intents: Intents,
        notifications: Notifications,
        lease: Lease,
        publisher: Publisher,
        watch: OutboxWatch,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._intents = intents
        self._notifications = notifications
        self._lease = lease
        self._publisher = publisher
        self._watch = watch
        self._metrics = metrics
        self._backlog: list[Intent] = []
        self._most_records = _MAX_RECORDS
        self._rests_until = 0.0
        self._term: _Term | None = None

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
                except PyMongoError as error:
                    pause = min(max(pause, _IDLE_SECONDS) * 2, _MAX_PAUSE_SECONDS)
                    _log.warning("relay waiting", extra={"cause": str(error)})
                await asyncio.sleep(pause)
        finally:
            await self._release()

    async def turn(self) -> bool:
        """Publish the oldest queued intents. Return whether there may be more.

        Raises `pymongo.errors.PyMongoError`. Call it again after an error.
        """
        if time.monotonic() < self._rests_until or not self._publisher.is_ready:
            await self._give_up("this process cannot publish")
            return False
        if not await self._has_lease():
            return False
        count = await self._intents.take_over(self._settings.producer_api_takeover_seconds)
        if count:
            _log.warning("intents of a dead process taken over", extra={"count": count})
        # Read many batches at once: reading a long queue for every batch would take quadratic time.
        if not self._backlog:
            self._backlog = await self._intents.oldest_queued(_MAX_INTENTS)
        intents = _batch(self._backlog, self._most_records)
        if not intents:
            self._term = None
            return False
        try:
            await self._publish(intents)
        except NotPublishedError as error:
            # The records may have been too many for the publish time-out, because Kafka is slow or
            # limits this program. The same number would fail again and again.
            tried = min(sum(intent.size for intent in intents), self._most_records)
            self._most_records = max(tried // 2, 1)
            await self._rest(str(error))
            return False
        if self._falls_behind():
            await self._rest("the queue grows older")
        return True

    async def _has_lease(self) -> bool:
        publish_seconds = self._settings.producer_api_publish_timeout_seconds
        margin = max(publish_seconds, self._settings.producer_api_lease_seconds / 2)
        if self._lease.remaining <= 0:
            # Since the lease ended, another process may have had it, and published the backlog.
            self._backlog.clear()
            self._term = None
        return self._lease.remaining >= margin or await self._lease.claim()

    async def _lease_lasts(self) -> bool:
        """Return whether the lease lasts for one publish. Renew it if it ends before.

        MongoDB may have taken most of the lease to answer the claim or the reads. If the lease has
        ended, do not renew it: another process may have published the same intents meanwhile, and
        then an erasure. A record that was read before the erasure would follow it on the log.
        """
        publish_seconds = self._settings.producer_api_publish_timeout_seconds
        if 0 < self._lease.remaining < publish_seconds:
            await self._lease.claim()
        return self._lease.remaining >= publish_seconds

    def _falls_behind(self) -> bool:
        """Return whether a term has ended in which the oldest intent grew older."""
        now, oldest = time.monotonic(), self._watch.oldest_seconds
        if self._term is None:
            self._term = _Term(now, oldest)
        if now < self._term.begun_at + _TERM_SECONDS:
            return False
        begun_with, self._term = self._term.oldest_seconds, None
        return oldest > begun_with

    async def _rest(self, cause: str) -> None:
        """Give the lease up, and do not take it until another process has had the chance."""
        self._rests_until = time.monotonic() + _REST_SECONDS
        await self._give_up(cause)

    async def _give_up(self, cause: str) -> None:
        if self._lease.may_be_held:
            self._backlog.clear()
            await self._lease.release()
            _log.warning("relay lease given up", extra={"cause": cause})

    async def _publish(self, intents: list[Intent]) -> None:
        """Publish these intents, the oldest of the backlog, unless the lease may end meanwhile."""
        ids = [notification_id for intent in intents for notification_id in intent.ids]
        documents = await self._notifications.find_many(ids)
        records: list[TopicRecord] = []
        slices = Slices()
        for intent in intents:
            for document in map(documents.get, intent.ids):
                if document is not None:  # a missing notification was erased
                    records += self._records_of(document, intent)
                    await slices.step()
            records += intent.records
        # A single intent may have more records than Kafka confirms in time.
        for start in range(0, len(records), self._most_records):
            if not await self._lease_lasts():
                return
            part = records[start : start + self._most_records]
            await self._publisher.publish(part, "relay")
        await self._intents.delete([intent.id for intent in intents])
        del self._backlog[: len(intents)]
        self._most_records = min(self._most_records * 2, _MAX_RECORDS)
        _log.info(
            "queued intents published", extra={"intents": len(intents), "records": len(records)}
        )

    def _records_of(self, document: Document, intent: Intent) -> list[TopicRecord]:
        """Return the record of the notification; none, with a log line, if it is malformed."""
        notification_id = document["_id"]
        try:
            value = stored_json(document)
            return [created(document, value, intent.notices.get(notification_id))]
        except UnreadableError as error:
            self._metrics.unreadable_notifications.inc()
            extra = {"notification": notification_id, "cause": str(error)}
            _log.error("notification unreadable", extra=extra)
            return []

    async def _release(self) -> None:
        if self._lease.may_be_held:
            try:
                await self._lease.release()
            except PyMongoError as error:
                _log.info("relay lease not released", extra={"cause": str(error)})


def _batch(intents: list[Intent], most_records: int) -> list[Intent]:
    """Return the oldest intents that fit into one batch, but at least one."""
    records = 0
    for index, intent in enumerate(intents):
        records += intent.size
        if index and records > most_records:
            return intents[:index]
    return intents
