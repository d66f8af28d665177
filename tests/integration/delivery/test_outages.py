"""Outages of MongoDB and Kafka under steady traffic to many users."""

import pytest

from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.parts import Services, away
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

#: Seven seconds at four rounds per second, which is longer than the session time-out of six
#: seconds.
_OUTAGE_ROUNDS = 28
_USERS = [f"user-{number}" for number in range(10)]


async def test_an_outage_of_mongodb_loses_and_repeats_nothing(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    shoppers = [judged.shopper(user) for user in _USERS]
    load = Load(world, [*_USERS, "away"])
    async with running(delivery), connected(*shoppers):
        # Without MongoDB, the API accepts nothing, but records of what it accepted before may still
        # arrive.
        await load.prepare(_OUTAGE_ROUNDS + 8)
        async with load.going_on():
            await load.rounds(2)
            async with away(services.mongo):
                await load.rounds(_OUTAGE_ROUNDS)
            await load.rounds(2)
        await _all_arrive(world, load, shoppers)


async def test_an_outage_of_kafka_loses_and_repeats_nothing(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    # Allow no duplicates. The instance loses its membership and consumes uncommitted records again,
    # but these already have a `delivered_at`, so the inbox no longer owes them.
    shoppers = [judged.shopper(user) for user in _USERS]
    load = Load(world, [*_USERS, "away"])
    async with running(delivery), connected(*shoppers):
        async with load.going_on():
            await load.rounds(2)
            async with away(services.kafka):
                await load.rounds(_OUTAGE_ROUNDS)
            await load.rounds(2)
        await _all_arrive(world, load, shoppers)


async def _all_arrive(world: World, load: Load, shoppers: list[Shopper]) -> None:
    async def arrived() -> bool:
        return load.all_acked(*shoppers)

    await eventually(arrived)
    await world.all_committed()
