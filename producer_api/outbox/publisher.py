"""The connection to Kafka: writes records to the topic, and comes back from whatever ends it."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from opentelemetry.trace import SpanKind

from producer_api.contract.events import Header
from producer_api.contract.topics import ensure_topics
from producer_api.metrics import Metrics
from producer_api.outbox.records import TopicRecord
from producer_api.settings import Settings
from runtime.kafka_producer import ProducerKeeper
from runtime.tracing import OFF, Tracing

_log = logging.getLogger(__name__)

_START_SECONDS = 15.0
_STOP_SECONDS = 3.0
_REQUEST_MS = 5_000
_PROBE_SECONDS = 2.0
_PAUSES = (0.2, 0.5, 1.0, 2.0)
_MAX_BATCH_BYTES = 512 * 1024


class NotPublishedError(Exception):
    """Kafka has not confirmed all records; some may be on the log, or still come there."""


class Publisher:
    """Owns the one aiokafka producer of this process, and remakes it when it is broken.

    Per partition, records reach the log in the order of the calls. Once a call has failed, none is
    tried until everything of that call is known to be written or refused: what aiokafka still
    holds then (it never gives up an idempotent batch) comes to the log as a mere repeat of what
    the relay publishes, and nothing newer of ours can get between.
    """

    def __init__(self, settings: Settings, metrics: Metrics, tracing: Tracing = OFF) -> None:
        self._settings = settings
        self._tracing = tracing
        self._metrics = metrics
        self._producer = ProducerKeeper(self._make_producer, _STOP_SECONDS)
        self._unsettled: list[asyncio.Future[Any]] = []
        self._failed = asyncio.Event()
        self._ready = asyncio.Event()

    async def publish(self, records: Iterable[TopicRecord], sender: str) -> None:
        """Write the records, in order, and wait for Kafka to confirm. Raises `NotPublishedError`,
        at once where Kafka is known to be away, else within the publish time-out.
        """
        if not self._ready.is_set():
            raise NotPublishedError("Kafka is not connected")
        # Of several calls under way another may fail, and have it stopped: then so does this one.
        producer = self._producer.running
        sent: list[asyncio.Future[Any]] = []
        if self._tracing.is_on:
            records = list(records)
        begun = time.time()
        timeout = self._settings.producer_api_publish_timeout_seconds
        try:
            with self._metrics.publish_seconds.time():
                async with asyncio.timeout(timeout):
                    for record in records:
                        sent.append(await self._send(producer, record))  # noqa: PERF401 - kept on failure
                    await _confirmed(sent)
        except (KafkaError, TimeoutError, asyncio.CancelledError) as error:
            self._unsettled += sent
            self._ready.clear()
            self._failed.set()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise NotPublishedError(f"Kafka did not confirm: {error!r}") from error
        self._metrics.records_published.labels(sender).inc(len(sent))
        if self._tracing.is_on:
            self._tell(records, begun)

    def _tell(self, records: Iterable[TopicRecord], begun: float) -> None:
        times = begun, time.time()
        about = {
            "messaging.system": "kafka",
            "messaging.destination.name": self._settings.kafka_topic,
            "messaging.operation.type": "send",
        }
        for record in records:
            parent = dict(record.headers).get(Header.TRACEPARENT.value)
            if parent is not None:
                self._tracing.tell("publish", SpanKind.PRODUCER, parent.decode(), times, about)

    async def _send(self, producer: Any, record: TopicRecord) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = await producer.send(
            self._settings.kafka_topic,
            key=record.key,
            value=record.value,
            headers=record.headers,
        )
        return future

    async def run(self) -> None:
        """Keep a producer in working order, until cancelled; then stop it, within seconds."""
        try:
            while True:
                await self._connect()
                # Of several calls under way, others may have failed since the first was settled.
                if not self._failed.is_set():
                    self._ready.set()
                await self._failed.wait()
                await self._settle()
        finally:
            self._ready.clear()
            await self._producer.stop()

    async def _settle(self) -> None:
        """Wait for the fate of what was sent; a producer that was refused anything is discarded."""
        _log.warning("Kafka does not confirm records: all is left to the relay")
        self._failed.clear()
        unsettled, self._unsettled = self._unsettled, []
        outcomes = await asyncio.gather(*unsettled, return_exceptions=True)
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if errors or not unsettled:
            _log.warning("the Kafka producer is made anew", extra={"cause": repr(errors[:1])})
            await self._producer.stop()

    async def _connect(self) -> None:
        """Have a producer that runs, and the topics; tries until it has."""
        attempt = 0
        while self._producer.running is None:
            try:
                async with asyncio.timeout(_START_SECONDS):
                    await ensure_topics(self._settings)
                    producer = await self._producer.started()
                    await producer.partitions_for(self._settings.kafka_topic)
            except (KafkaError, OSError, TimeoutError) as error:
                await self._producer.stop()
                _log.warning("waiting for Kafka", extra={"cause": repr(error)})
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

    async def trouble(self) -> str | None:
        """Why Kafka cannot be written to now, as readiness tells it; None when it can."""
        if not self._ready.is_set():
            return "not connected"
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await self._producer.running.client.fetch_all_metadata()
        except (KafkaError, OSError, TimeoutError) as error:
            return f"does not answer: {error!r}"
        return None


async def _confirmed(sent: list[asyncio.Future[Any]]) -> None:
    # Not `gather`: what aiokafka still holds must not be cancelled with our waiting.
    if sent:
        await asyncio.wait(sent)
    for future in sent:
        future.result()
