"""Many records go to Kafka in ready batches, in order within each partition."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from producer_api.outbox.records import TopicRecord
from producer_api.outbox.sending import send
from producer_api.settings import Settings
from tests.producer_api.outbox.placement import OnePartition
from tests.services.world import World


def _records(count: int) -> list[TopicRecord]:
    return [
        TopicRecord(b"user-%d" % (number % 5), b"%d" % number * 20, [("ce_id", b"%d" % number)])
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [0, 15, 16, 1_000])
async def test_all_records_reach_the_log_in_order(
    world: World, stack_env: dict[str, str], count: int
) -> None:
    settings = Settings.model_validate({name.lower(): text for name, text in stack_env.items()})
    records, futures = _records(count), list[asyncio.Future[Any]]()
    topic, placement = settings.kafka_topic, OnePartition(settings)
    # Small batches, so that a thousand records need many of them in the same partition.
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_idempotence=True,
        max_batch_size=4_096,
    )
    async with producer:
        assert await send(producer, topic, placement, iter(records), futures) == count
        await asyncio.gather(*futures)
    logged = [(one.key, one.value, one.headers) for one in await world.records(topic)]
    assert logged == [(one.key, one.value, tuple(one.headers)) for one in records]
