"""A shop moves to a topic with more partitions, under load (docs/partitions.md)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.auditor.audit import Sources
from tests.auditor.logs import AcceptedLog
from tests.faults.conftest import ProducersOf
from tests.faults.fleet import Fleet
from tests.faults.orders import OrderService
from tests.faults.producers import Producers
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.outside import drained
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
_MORE = 12


@pytest.fixture
def next_env(stack_env: dict[str, str]) -> dict[str, str]:
    """The environment with the next topic, its number of partitions, and a group of its own."""
    return {
        **stack_env,
        "KAFKA_TOPIC": f"{stack_env['KAFKA_TOPIC']}-2",
        "KAFKA_TOPIC_PARTITIONS": str(_MORE),
        "KAFKA_GROUP_ID": f"{stack_env['KAFKA_GROUP_ID']}-2",
    }


async def test_a_shop_moves_to_a_topic_with_more_partitions_and_loses_nothing(
    world: World,
    stack_env: dict[str, str],
    next_env: dict[str, str],
    producers_of: ProducersOf,
    ports: Iterator[int],
    partitions: int,
    tmp_path: Path,
) -> None:
    accepted = AcceptedLog(tmp_path / "orders.jsonl")
    producers = producers_of({}, next_env)
    settings = (stack_env, stack_env, next_env, next_env)
    environments = [{**env, "DELIVERY_PORT": str(next(ports))} for env in settings]
    fleet = Fleet(environments)
    orders = OrderService(producers.urls, _USERS, accepted)
    (tmp_path / "clients").mkdir()
    sources = Sources.of(stack_env, clients=tmp_path / "clients")
    shoppers = Judged(sources, tmp_path / "clients", "http://nowhere")
    async with (
        World.opened(next_env) as next_world,
        _started(producers),
        fleet.running(0, 1),
        roaming(_USERS, fleet, shoppers) as roamers,
    ):
        async with orders.going_on():
            await orders.rounds(3)
            # Once the old API has stopped, new notifications are in the inbox and on the next
            # topic, which no instance reads yet.
            await producers[1].start()
            await producers[0].stop()
            await orders.rounds(2)
            await world.all_committed()
            await fleet.roll(0, 2)
            await fleet.roll(1, 3)
            await orders.rounds(3)
        await drained(world)
        await all_have(orders.created, roamers)
        await world.all_delivered([id_ for ids in orders.created.values() for id_ in ids])
        await next_world.all_committed()
        for roamer in roamers:
            assert roamer.received == orders.created[roamer.user], (
                "each notification must arrive once, in order"
            )
        on_both = [await each.records(each.settings.kafka_topic) for each in (world, next_world)]
        assert min(map(len, on_both)) > 0
        assert max(record.partition for record in on_both[1]) >= partitions
    await orders.each_once(world)


@asynccontextmanager
async def _started(producers: Producers) -> AsyncIterator[None]:
    """Start only the producer API of the old topic. When the context ends, stop both APIs."""
    try:
        await producers[0].start()
        yield
    finally:
        for process in producers.processes:
            await process.stop()
