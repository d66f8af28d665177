"""The publisher, with producers that the test controls."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder

from producer_api.metrics import Metrics
from producer_api.outbox import publisher as module
from producer_api.outbox.publisher import NotPublishedError, Publisher
from producer_api.outbox.records import TopicRecord
from producer_api.settings import Settings
from tests.producer_api.outbox.placement import OnePartition
from tests.runtime.kafka_clients import HeldProducer

_RECORD = TopicRecord(b"ana", b"{}", [])


class _Producer:
    """Replaces aiokafka's producer, because a real broker cannot be delayed precisely enough."""

    def __init__(self) -> None:
        self.sent: list[asyncio.Future[Any]] = []

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    async def stop(self) -> None:
        """Do nothing, because there is nothing to stop."""


class _FullProducer(_Producer):
    """Accepts the first record, but its `send` returns only after `stop`. Then `send` fails."""

    def __init__(self) -> None:
        super().__init__()
        self.full = asyncio.Event()
        self.stopped = asyncio.Event()

    async def send(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        if self.stopped.is_set():
            raise ProducerClosed
        future = await super().send()
        if len(self.sent) == 1:
            self.full.set()
            await self.stopped.wait()
        return future

    async def stop(self) -> None:
        self.stopped.set()


async def test_no_record_is_sent_until_the_outcome_of_failed_ones_is_known() -> None:
    """Two calls fail. Nothing is sent while only the outcome of the first is known."""
    settings = Settings(auth_jwt_secret="x" * 32, producer_api_publish_timeout_seconds=0.05)
    publisher, producer = Publisher(settings, Metrics(), OnePartition(settings)), _Producer()
    publisher._producer._producer = producer
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(5):
            await publisher._ready.wait()
            first = asyncio.create_task(publisher.publish([_RECORD], "marks"))
            while not producer.sent:  # noqa: ASYNC110 - the other task's next step
                await asyncio.sleep(0)
            second = asyncio.create_task(publisher.publish([_RECORD], "marks"))
            while len(producer.sent) < 2:  # noqa: ASYNC110 - the other task's next step
                await asyncio.sleep(0)
            first.cancel()
            with pytest.raises(NotPublishedError):
                await second
            producer.sent[0].set_result(None)
            for _ in range(10):
                await asyncio.sleep(0)
            with pytest.raises(NotPublishedError, match="not connected"):
                await publisher.publish([_RECORD], "marks")
            producer.sent[1].set_result(None)
            await publisher._ready.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_running_call_fails_when_a_failed_call_stops_the_producer() -> None:
    settings = Settings(auth_jwt_secret="x" * 32)
    publisher, producer = Publisher(settings, Metrics(), OnePartition(settings)), _FullProducer()
    publisher._producer._producer = producer
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(5):
            await publisher._ready.wait()
            longer = asyncio.create_task(publisher.publish([_RECORD, _RECORD], "intake"))
            await producer.full.wait()
            shorter = asyncio.create_task(publisher.publish([_RECORD], "marks"))
            while len(producer.sent) < 2:  # noqa: ASYNC110 - the other task's next step
                await asyncio.sleep(0)
            producer.sent[1].set_exception(KafkaError("refused"))
            with pytest.raises(NotPublishedError):
                await shorter
            await producer.stopped.wait()
            with pytest.raises(NotPublishedError):
                await longer
    finally:
        running.cancel()
        await asyncio.wait([running])


class _HeldProducer(HeldProducer):
    """Keeps every record, as aiokafka does while Kafka accepts none."""

    async def partitions_for(self, _: str) -> set[int]:
        return {0}


async def test_the_publisher_recovers_after_replacing_a_stuck_producer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One call fails and replaces the producer while another call waits for its record."""
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.01)
    monkeypatch.setattr(Publisher, "_make_producer", lambda _: _HeldProducer())
    settings = Settings(auth_jwt_secret="x" * 32)
    publisher = Publisher(settings, Metrics(), OnePartition(settings))
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(10):
            await publisher._ready.wait()
            calls = [asyncio.create_task(publisher.publish([_RECORD], "intake")) for _ in "12"]
            first: Any = publisher._producer.running
            while len(first.sent) < 2:  # noqa: ASYNC110 - the other tasks' next step
                await asyncio.sleep(0)
            first.sent[0].set_exception(KafkaError("refused"))
            for call in calls:
                with pytest.raises(NotPublishedError):
                    await call
            await publisher._ready.wait()
            assert publisher._producer.running is not first
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_producer_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The records of this producer get no outcome, although Kafka is up."""
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.01)
    monkeypatch.setattr(module, "_OUTCOME_SECONDS", 0.01)
    monkeypatch.setattr(Publisher, "_make_producer", lambda _: _HeldProducer())
    settings = Settings(auth_jwt_secret="x" * 32, producer_api_publish_timeout_seconds=0.05)
    publisher = Publisher(settings, Metrics(), OnePartition(settings))
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(10):
            await publisher._ready.wait()
            first = publisher._producer.running
            with pytest.raises(NotPublishedError):
                await publisher.publish([_RECORD], "intake")
            assert not publisher.is_ready
            await publisher._ready.wait()
            assert publisher._producer.running is not first
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_the_stopped_publisher_leaves_no_sender_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka does not respond, so stopping the producer takes longer than its limit."""
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.01)
    settings, producer = Settings(auth_jwt_secret="x" * 32), HeldProducer()
    publisher = Publisher(settings, Metrics(), OnePartition(settings))
    await producer.start()
    publisher._producer._producer = producer
    running = asyncio.create_task(publisher.run())
    async with asyncio.timeout(10):
        await publisher._ready.wait()
        running.cancel()
        await asyncio.wait([running])
    try:
        assert not producer.is_orphaned
    finally:
        producer.release()


class _SlowProducer(_Producer):
    """Takes one batch, and blocks at the second."""

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(100, 0)

    async def send_batch(self, *_: Any, **__: Any) -> asyncio.Future[Any]:
        if self.sent:
            await asyncio.Event().wait()
        return await self.send()


async def test_no_record_is_sent_until_the_outcome_of_a_failed_batch_is_known() -> None:
    settings = Settings(auth_jwt_secret="x" * 32, producer_api_publish_timeout_seconds=0.05)
    publisher, producer = Publisher(settings, Metrics(), OnePartition(settings)), _SlowProducer()
    publisher._producer._producer = producer
    running = asyncio.create_task(publisher.run())
    try:
        async with asyncio.timeout(5):
            await publisher._ready.wait()
            with pytest.raises(NotPublishedError):
                await publisher.publish([_RECORD] * 1_000, "intake")
            for _ in range(10):
                await asyncio.sleep(0)
            assert not publisher.is_ready
            producer.sent[0].set_result(None)
            await publisher._ready.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
