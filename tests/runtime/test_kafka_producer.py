"""The keeper runs one producer at a time, and never leaves an orphan running."""

import asyncio

import pytest
from aiokafka.errors import KafkaError

from runtime.kafka_producer import ProducerKeeper
from tests.runtime.kafka_clients import HeldProducer, UnreachableProducer


async def test_a_producer_is_created_on_demand_and_again_after_a_stop() -> None:
    producers: list[HeldProducer] = []

    def make() -> HeldProducer:
        producers.append(HeldProducer())
        return producers[-1]

    keeper = ProducerKeeper(make, 0.01)
    assert keeper.running is None
    assert producers == []
    first = await keeper.started()
    assert await keeper.started() is first is keeper.running
    await keeper.stop()
    assert keeper.running is None
    assert await keeper.started() is producers[1]
    await keeper.stop()
    await keeper.stop()
    assert len(producers) == 2


async def test_a_stop_that_takes_too_long_leaves_no_sender() -> None:
    keeper = ProducerKeeper(HeldProducer, 0.01)
    producer = await keeper.started()
    async with asyncio.timeout(10):
        await keeper.stop()
    assert not producer.is_orphaned


async def test_a_stop_that_takes_too_long_fails_the_records_that_kafka_did_not_take() -> None:
    keeper = ProducerKeeper(HeldProducer, 0.01)
    held = await (await keeper.started()).send()
    async with asyncio.timeout(10):
        await keeper.stop()
        with pytest.raises(KafkaError):
            await held


async def test_a_cancelled_stop_leaves_no_sender() -> None:
    keeper = ProducerKeeper(HeldProducer, 3600)
    producer = await keeper.started()
    stopping = asyncio.create_task(keeper.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await stopping
    assert not producer.is_orphaned


async def test_a_cancelled_start_leaves_no_client() -> None:
    producer = UnreachableProducer()
    keeper = ProducerKeeper(lambda: producer, 3600)
    starting = asyncio.create_task(keeper.started())
    await producer.is_starting.wait()
    starting.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert not producer.is_orphaned
    assert keeper.running is None
