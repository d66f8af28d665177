"""Parts that are away, and instances that come and go, while traffic to many users goes on."""

import pytest

from tests.integration.delivery.instances import share_all_partitions
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.parts import Services, away
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

_TEN_SECONDS = 100  # rounds of load, ten a second
_USERS = [f"user-{number}" for number in range(20)]


async def test_mongodb_away_for_10_s_under_load(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    shoppers = [judged.shopper(name) for name in _USERS]
    load = Load(world, [*_USERS, "away"])
    async with running(delivery), connected(*shoppers):
        # While the inbox is away nothing is accepted; what it has already is still on its way.
        await load.prepare(_TEN_SECONDS + 20)
        async with load.going_on():
            await load.rounds(5)
            async with away(services.mongo):
                await load.rounds(_TEN_SECONDS)
            await load.rounds(5)
        await _all_arrive(world, load, shoppers)


async def test_kafka_away_for_10_s_under_load(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    # No duplicate is allowed, though the membership is lost and what was not committed is taken in
    # again: all of it was acked and written by then, so that the inbox does not owe it.
    shoppers = [judged.shopper(name) for name in _USERS]
    load = Load(world, [*_USERS, "away"])
    async with running(delivery), connected(*shoppers):
        async with load.going_on():
            await load.rounds(5)
            async with away(services.kafka):
                await load.rounds(_TEN_SECONDS)
            await load.rounds(5)
        await _all_arrive(world, load, shoppers)


async def test_an_instance_joins_and_leaves_under_load(
    world: World, delivery: Program, second: Program, judged: Judged
) -> None:
    shoppers = [judged.shopper(name) for name in _USERS]
    load = Load(world, _USERS, every_seconds=0.05)
    async with running(delivery), connected(*shoppers):
        async with load.going_on():
            await load.rounds(5)
            async with running(second):
                await share_all_partitions(world, delivery, second)
                # The users of the second's partitions wait: links between instances are to come.
                await load.rounds(20)
            await share_all_partitions(world, delivery)
            await load.rounds(5)
        await _all_arrive(world, load, shoppers)


async def _all_arrive(world: World, load: Load, shoppers: list[Shopper]) -> None:
    async def arrived() -> bool:
        return load.all_acked(*shoppers)

    await eventually(arrived)
    await world.all_committed()
