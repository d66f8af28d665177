"""Reads both topics, and commits offsets once the entries are written."""

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from delivery.away import metrics
from delivery.away.core.entry import Way
from delivery.away.core.entry_changes import EntryChanges, EntryRules, changes_of
from delivery.away.core.parse import Created, Erased, Settled, UnreadableRecordError, parse
from delivery.away.damaged import DamagedPartitions
from delivery.away.logs import Logs
from delivery.away.settings import AwaySettings
from delivery.away.store.entries import Entries
from delivery.consume.guarded_fetch import bound_reading, check_fetching, guard
from delivery.consume.short_requests import limit_small_requests
from delivery.consume.stopped_notes import StoppedNotes
from producer_api.contract.known_topic import KnownTopic
from producer_api.contract.mongo_problem import mongo_problem
from runtime.kafka_clients import start
from runtime.slices import Slices
from runtime.time_limits import CONSUMER_LIMITS

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_FETCH_MS = 500
#: The same limits as in the delivery group (ADR 26): a session must be longer than a request, and
#: a request longer than a join. Heartbeats are frequent, because a new member waits until each of
#: the others has sent one.
_SESSION_MS, _REBALANCE_MS, _HEARTBEAT_MS = 15_000, 8_000, 500
_MOST_RECORDS = 2_000
_STOP_SECONDS = 2.0
_SILENT_SECONDS = 60.0


class NotReadingError(Exception):
    """The topics are not being read. The message says why."""


class Reader:
    """Owns the consumer. Only one batch is under way, and its offsets are committed last.

    Partitions with a damaged batch are read beside that, by `DamagedPartitions`.

    A process that dies in between leaves its batch to the next reader, which writes the same
    entries again: their ids are the same, and the entries that are told already are still stored.
    """

    def __init__(
        self, settings: AwaySettings, entries: Entries, topic: KnownTopic, notes: StoppedNotes
    ) -> None:
        self._settings = settings
        self._entries = entries
        self._topic = topic
        self._notes = notes
        self._rules = EntryRules(
            settings.away_after_seconds, settings.away_max_age_seconds, settings.ways_of
        )
        self._polled_at: float | None = None
        self._trouble = "not started yet"

    async def check(self) -> None:
        """Raise `NotReadingError` unless the topics were asked for records lately."""
        if self._polled_at is None or time.monotonic() - self._polled_at > _SILENT_SECONDS:
            raise NotReadingError(self._trouble)

    async def run(self) -> None:
        """Read until cancelled. Survives outages of Kafka and MongoDB."""
        bound_reading()
        while True:
            try:
                await self._topic.ensure(self._settings)
                await self._read()
            except PyMongoError as error:
                await self._pause(mongo_problem(error))
            except (KafkaError, OSError) as error:
                await self._pause(str(error) or repr(error))

    async def _pause(self, trouble: str) -> None:
        self._trouble = trouble
        _log.warning("topics not read", extra={"cause": trouble})
        await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            self._settings.kafka_topic,
            self._settings.receipt_topic,
            **self._settings.kafka_client_options(),
            **CONSUMER_LIMITS,
            group_id=self._settings.away_group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            rebalance_timeout_ms=_REBALANCE_MS,
        )
        limit_small_requests(consumer._client)  # noqa: SLF001 - aiokafka has no public way to it
        await start(consumer, partial(_stop, consumer))
        logs = Logs(consumer)
        damaged = DamagedPartitions(
            consumer,
            self._use,
            self._notes,
            logs,
            receipt_topic=self._settings.receipt_topic,
            max_age_seconds=self._settings.away_max_age_seconds,
        )
        guard(consumer, damaged.report)
        reading = asyncio.create_task(damaged.run(), name="damaged")
        try:
            while True:
                await logs.check()
                check_fetching(consumer)
                if reading.done():
                    await reading  # raises: a bug has ended it, and this process needs it
                fetched = await consumer.getmany(timeout_ms=_FETCH_MS, max_records=_MOST_RECORDS)
                self._polled_at = time.monotonic()
                if fetched:
                    records = [record for batch in fetched.values() for record in batch]
                    await self._use(records)
                    ends = {tp: batch[-1].offset + 1 for tp, batch in fetched.items()}
                    await self._commit(consumer, logs.noted(ends))
        finally:
            reading.cancel()
            await asyncio.wait((reading,), timeout=_STOP_SECONDS)
            await _stop(consumer)

    async def _use(self, records: Iterable[ConsumerRecord]) -> None:
        await self._write(await self._parsed(records))

    async def _parsed(self, records: Iterable[ConsumerRecord]) -> EntryChanges:
        events: list[Created | Settled | Erased | None] = []
        slices = Slices()
        for record in records:
            try:
                events.append(parse(record.headers, record.value, self._settings.away_until))
            except UnreadableRecordError:
                metrics.IGNORED.labels("unreadable").inc()
            await slices.step()
        return changes_of(events, datetime.now(UTC), self._rules)

    async def _write(self, changes: EntryChanges) -> None:
        """Write the changes. Waits for the end of an outage of MongoDB."""
        metrics.IGNORED.labels("too old").inc(changes.too_old)
        metrics.IGNORED.labels("no way").inc(changes.without_way)
        while True:
            try:
                await self._entries.note(changes.entries)
                await self._entries.settle(changes.settled)
                for user in changes.erased:
                    await self._entries.make_due(user, datetime.now(UTC))
            except PyMongoError as error:
                self._trouble = str(error)
                _log.warning("entries not written", extra={"cause": str(error)})
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                break
        for way in Way:
            metrics.NOTED.labels(way).inc(sum(entry.way is way for entry in changes.entries))

    async def _commit(self, consumer: Any, offsets: dict[Any, int]) -> None:
        if not offsets:
            return
        try:
            await consumer.commit(offsets)
        except KafkaError as error:
            # The group has changed, or Kafka is unavailable. The records are read again, which is
            # safe.
            _log.info("away offsets not committed", extra={"cause": repr(error)})


async def _stop(consumer: Any) -> None:
    """Stop the consumer in bounded time. A fetch may swallow the first cancellation."""
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await consumer.stop()
    except (TimeoutError, KafkaError) as error:
        _log.warning("away consumer abandoned", extra={"cause": repr(error)})
