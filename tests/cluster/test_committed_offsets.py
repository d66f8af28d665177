"""A coordinator's answers include commits that are in its log, but not replicated yet."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic

from runtime.kafka_clients import start
from tests.cluster.brokers import COUNT
from tests.cluster.cluster import Cluster
from tests.services.parts import suspended

_GROUP = "stable-offsets"
_TP = TopicPartition("stable-offsets", 0)


async def test_committed_offsets_are_the_last_ones_that_the_coordinator_has(
    cluster: Cluster,
) -> None:
    async with cluster.admin() as admin:
        await admin.create_topics([NewTopic(_TP.topic, 1, COUNT)])
    async with _client(cluster) as committing, _client(cluster) as reading:
        await committing.commit({_TP: 1})
        await cluster.in_sync()
        follower = (await cluster.coordinator(_GROUP) + 1) % COUNT
        with suspended(cluster.brokers.processes[follower]):
            # The coordinator waits for the follower's replica until it considers the follower dead.
            commit = asyncio.create_task(committing.commit({_TP: 2}))
            sent_at = old_at = time.monotonic()
            while not commit.done():
                if await reading.committed(_TP) == 1:
                    old_at = time.monotonic()
            await commit
            waited = time.monotonic() - sent_at
    await cluster.in_sync()
    # Until the coordinator had the commit in its log, the old offset was the right answer.
    assert old_at - sent_at < waited / 2


@asynccontextmanager
async def _client(cluster: Cluster) -> AsyncIterator[AIOKafkaConsumer]:
    options = cluster.brokers.outside_options
    consumer = AIOKafkaConsumer(**options, group_id=_GROUP, enable_auto_commit=False)
    await start(consumer, consumer.stop)
    try:
        consumer.assign([_TP])
        yield consumer
    finally:
        await consumer.stop()
