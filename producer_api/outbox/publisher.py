"""Writes records to the topic, and maintains the connection to Kafka."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from producer_api.contract.events import Header
from producer_api.contract.mongo_problem import mongo_problem
from producer_api.metrics import Metrics
from producer_api.outbox.placement import Placement
from producer_api.outbox.records import TopicRecord
from producer_api.outbox.sending import send
from producer_api.settings import Settings
from runtime.kafka_producer import ProducerKeeper
from runtime.kafka_refusal import KafkaRefusedError
from runtime.tracing import OFF, Tracing

_log = logging.getLogger(__name__)

_START_SECONDS = 15.0
_STOP_SECONDS = 3.0
_REQUEST_MS = 5_000
_OUTCOME_SECONDS = 60.0
_PROBE_SECONDS, _WATCH_SECONDS = 2.0, 5.0
_PAUSES = (0.2, 0.5, 1.0, 2.0)
_MAX_BATCH_BYTES = 512 * 1024


class NotPublishedError(Exception):
    """Kafka did not confirm all records. Some may be on the log, or reach it later."""


class Publisher:
    """Owns the one Kafka producer of this process, and replaces it after a fatal error.

    Calls may overlap. The records of one call reach the log in order, within each partition. For an
    order between two calls, the first must have ended before the second begins.

    After a call fails, all further calls fail until each record of the failed call is known to be
    written or refused. aiokafka never gives up a batch of an idempotent producer, so these records
    may still reach the log. If they do, they only repeat what the relay publishes.
    If their outcome stays unknown for a minute, the producer may hang, and is replaced.
    """

    def __init__(
        self, settings: Settings, metrics: Metrics, placement: Placement, tracing: Tracing = OFF
    ) -> None:
        self._settings = settings
        self._topic = settings.kafka_topic
        self._placement = placement
        self._tracing = tracing
        self._metrics = metrics
        self._producer = ProducerKeeper(self._make_producer, _STOP_SECONDS)
        self._unconfirmed: list[asyncio.Future[Any]] = []
        self._failed = asyncio.Event()
        self._ready = asyncio.Event()
        self._refusal = ""
        metrics.publishing.set_function(self._ready.is_set)

    @property
    def is_ready(self) -> bool:
        """Whether `publish` would write to Kafka, as far as this process knows."""
        return self._ready.is_set()

    async def publish(self, records: Iterable[TopicRecord], sender: str) -> None:
        """Write the records, in order, and wait until Kafka has confirmed them.

        `sender` is a label of the metric. Raises `NotPublishedError`: at once if there is no
        connection to Kafka, and otherwise within the publish time-out.
        """
        if not self._ready.is_set():
            raise NotPublishedError("Kafka is not connected")
        # If another call fails meanwhile, the producer may be replaced. Keep using the old one, so
        # that this call also fails, instead of spreading its records over two producers.
        producer = self._producer.running
        futures: list[asyncio.Future[Any]] = []
        if self._tracing.is_on:
            records = list(records)
        started_at = time.time()
        timeout = self._settings.producer_api_publish_timeout_seconds
        try:
            with self._metrics.publish_seconds.time():
                async with asyncio.timeout(timeout):
                    # Pass the list: after a failure, it must have the futures of all that was sent.
                    count = await send(producer, self._topic, self._placement, records, futures)
                    await _until_confirmed(futures)
        # aiokafka raises AssertionError if the topic was created again without this partition.
        except (KafkaError, TimeoutError, AssertionError, asyncio.CancelledError) as error:
            self._unconfirmed += futures
            self._ready.clear()
            self._failed.set()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise NotPublishedError(f"Kafka did not confirm: {error!r}") from error
        self._metrics.records_published.labels(sender).inc(count)
        if self._tracing.is_on:
            self._trace(records, started_at)

    def _trace(self, records: Iterable[TopicRecord], started_at: float) -> None:
        times = started_at, time.time()
        attributes = {
            "messaging.system": "kafka",
            "messaging.destination.name": self._topic,
            "messaging.operation.type": "send",
        }
        for record in records:
            parent = dict(record.headers).get(Header.TRACEPARENT.value)
            if parent is not None:
                self._tracing.record(
                    "publish", SpanKind.PRODUCER, parent.decode(), times, attributes
                )

    async def run(self) -> None:
        """Keep a producer connected until cancelled. Then stop it within seconds."""
        try:
            while True:
                await self._connect()
                # Calls overlap, so another call may have failed by now.
                if not self._failed.is_set():
                    self._ready.set()
                await self._failed.wait()
                await self._recover()
        finally:
            self._ready.clear()
            await self._producer.stop()

    async def _recover(self) -> None:
        """Wait until the outcome of all sent records is known.

        Stops the producer after an error, if an outcome stays unknown, or if the failed calls sent
        nothing.
        """
        _log.warning("records not confirmed")
        self._failed.clear()
        futures, self._unconfirmed = self._unconfirmed, []
        if futures:
            await asyncio.wait(futures, timeout=_OUTCOME_SECONDS)
        unknown = sum(not future.done() for future in futures)
        errors = [
            "cancelled" if future.cancelled() else repr(future.exception())
            for future in futures
            if future.done() and (future.cancelled() or future.exception() is not None)
        ]
        cause = errors[0] if errors else None
        if not futures:
            cause = "no record was sent"
        elif cause is None and unknown:
            cause = f"the outcome of {unknown} records is unknown"
        if cause is not None:
            _log.warning("kafka producer replaced", extra={"cause": cause})
            await self._producer.stop()

    async def _connect(self) -> None:
        """Start a producer if none is running, and create missing topics. Retries until done."""
        attempt = 0
        while self._producer.running is None:
            try:
                async with asyncio.timeout(_START_SECONDS):
                    await self._placement.ensure()
                    producer = await self._producer.started()
                    await producer.partitions_for(self._topic)
            except (KafkaError, OSError, TimeoutError) as error:
                await self._producer.stop()
                self._refusal = str(error) if isinstance(error, KafkaRefusedError) else ""
                _log.warning("waiting for Kafka", extra={"cause": repr(error)})
            except PyMongoError as error:
                _log.warning("waiting for MongoDB", extra={"cause": mongo_problem(error)})
            else:
                break
            await asyncio.sleep(_PAUSES[min(attempt, len(_PAUSES) - 1)])
            attempt += 1
        _log.info("connected to Kafka")

    def _make_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.kafka_client_options(),
            client_id="producer-api",
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_batch_size=_MAX_BATCH_BYTES,
            request_timeout_ms=_REQUEST_MS,
        )

    async def watch_topic(self) -> None:
        """Check at each interval whether the topic has changed, until cancelled."""
        while True:
            await self.problem()
            await asyncio.sleep(_WATCH_SECONDS)

    async def problem(self) -> str | None:
        """Return why records cannot be published as they should; None if they can."""
        producer = self._producer.running
        if producer is None or not self._ready.is_set():
            return f"not connected: {self._refusal}" if self._refusal else "not connected"
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return await self._placement.problem(producer.client)
        except (KafkaError, OSError, TimeoutError) as error:
            return f"does not answer: {error!r}"


async def _until_confirmed(futures: list[asyncio.Future[Any]]) -> None:
    # Do not use `gather`. When cancelled, it would also cancel the futures of records that aiokafka
    # still holds, and the outcome of these records would never be known.
    if futures:
        await asyncio.wait(futures)
    for future in futures:
        future.result()
