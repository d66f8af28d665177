"""If the log changes while delivery reads it, delivery reports the change, and users catch up.

No user has to reconnect for this.
"""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import RecordsToDelete

from tests.integration.delivery.instances import all_live
from tests.integration.delivery.judged import Judged
from tests.services.parts import suspended
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World


@asynccontextmanager
async def _made_again(world: World, env: dict[str, str]) -> AsyncIterator[World]:
    """Delete the topic, create it again, and yield a world with the new topic."""
    topic = world.settings.kafka_topic
    await world.admin.delete_topics([topic])

    async def is_gone() -> bool:
        return topic not in await world.admin.list_topics()

    await eventually(is_gone)
    async with World.opened(env) as renewed:
        renewed.accepted = world.accepted
        yield renewed


async def _commit(world: World, offset: int) -> None:
    """Commit an offset of partition 0, as if an earlier log had been longer."""
    consumer = AIOKafkaConsumer(
        **world.settings.kafka_client_options(), group_id=world.group, enable_auto_commit=False
    )
    tp = TopicPartition(world.settings.kafka_topic, 0)
    consumer.assign([tp])
    await consumer.start()
    try:
        await consumer.commit({tp: offset})
    finally:
        await consumer.stop()


async def _has_said(delivery: Program, change: str) -> None:
    async def has_said() -> bool:
        samples = await delivery.samples()
        return f'delivery_log_changed_timestamp_seconds{{change="{change}"}}' in samples

    await eventually(has_said)


async def test_topic_made_again_while_delivery_runs_is_read_from_its_beginning(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    ana, bea = judged.shopper("ana"), judged.shopper("bea")
    async with running(delivery), connected(ana, bea):
        await all_live(2, delivery)
        old = await world.create("ana", 5)
        await world.all_committed()
        deleted_at = time.time()
        judged.log_replaced = deleted_at, math.inf
        async with _made_again(world, stack_env) as renewed:
            # More records than the old log had, so that the old position is within the new log.
            new = await renewed.create("ana", 12) + await renewed.create("bea", 2)
            await ana.until(lambda: len(ana.acked) == 17)
            await bea.has(2)
            await renewed.all_delivered(old + new)
            await _has_said(delivery, "replaced")
            judged.log_replaced = deleted_at, time.time()
            await renewed.all_committed()
            assert await renewed.total_committed() == len(new)
            # The order may differ: until delivery notices the change, it may read the new log from
            # the old position.
            assert sorted(ana.received + bea.received) == sorted(old + new)


async def test_committed_offset_beyond_the_end_of_the_log_is_not_trusted(
    world: World, delivery: Program, judged: Judged
) -> None:
    (user,) = world.users_of_partition(0, 1)
    created = await world.create(user, 3)
    await _commit(world, 100)

    async def is_sampled() -> bool:
        return '"offset": 100' in judged.sources.samples[0].read_text()

    await eventually(is_sampled)
    judged.log_replaced = 0.0, time.time()
    ana = judged.shopper(user)
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        created += await world.create(user, 3)
        await ana.has(6)
        await _has_said(delivery, "truncated")
        await world.all_delivered(created)

        async def committed() -> bool:
            return await world.committed_of(0) == 6

        await eventually(committed)
    assert ana.received == created


async def test_records_deleted_before_they_were_read_reach_connected_users(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_MAX_IN_FLIGHT_PER_PARTITION"] = "10"
    stack_env["DELIVERY_OFFLINE_POLICY"] = "hold"  # a full window pauses the partition
    judged.hold = True
    held_user, user = world.users_of_partition(0, 2)
    tp = TopicPartition(world.settings.kafka_topic, 0)
    ana = judged.shopper(user)
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        await world.create(held_user, 20)
        created = await world.create(user, 3)
        await world.admin.delete_records({tp: RecordsToDelete(22)})
        await _has_said(delivery, "trimmed")
        await ana.has(3)
        created += await world.create(user, 3)
        await ana.has(6)
        await world.all_delivered(created)
    assert ana.received == created


@pytest.mark.parametrize("policy", ["park", "hold"])
async def test_no_later_record_overtakes_those_that_were_deleted_before_they_were_read(
    world: World, delivery: Program, judged: Judged, stack_env: dict[str, str], policy: str
) -> None:
    stack_env["DELIVERY_OFFLINE_POLICY"] = policy
    judged.hold = policy == "hold"
    users = [world.users_of_partition(number, 1)[0] for number in range(3)]
    shoppers = [judged.shopper(user) for user in users]
    created: dict[str, list[str]] = {user: [] for user in users}
    topic = world.settings.kafka_topic
    async with running(delivery), connected(*shoppers):
        await all_live(3, delivery)
        for _ in range(3):
            with suspended(delivery):
                # A user's first record answers the fetch that waits at the broker. Of the others,
                # all but the last are deleted before delivery fetches again.
                for count in (1, 3):
                    for user in users:
                        created[user] += await world.create(user, count)
                last = {number: end - 1 for number, end in (await world.ends()).items()}
                await world.admin.delete_records(
                    {TopicPartition(topic, at): RecordsToDelete(end) for at, end in last.items()}
                )
            for shopper in shoppers:
                await shopper.has(len(created[shopper.user]))
            await world.all_committed()
    for shopper in shoppers:
        assert shopper.received == created[shopper.user]


async def test_without_its_receipts_topic_delivery_continues_and_creates_it_again(
    world: World, delivery: Program
) -> None:
    topic = world.settings.receipt_topic
    ana = Shopper("ana", delivery.url)
    async with running(delivery), connected(ana):
        await all_live(1, delivery)
        created = await world.create("ana")
        await world.all_committed()
        await world.admin.delete_topics([topic])
        created += await world.create("ana")
        await world.all_committed()
        await world.all_receipts_confirmed()
        assert len(await world.records(topic)) == 1
        assert any(event.get("topic") == topic for event in delivery.events)
    assert ana.received == created
