"""MongoDB and Kafka are away while traffic to many users goes on."""

import pytest

from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.parts import Services, away
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

#: Seven seconds, at ten rounds a second: longer than the session time-out of six seconds.
_ROUNDS_AWAY = 70
_USERS = [f"user-{number}" for number in range(20)]


async def test_nothing_is_lost_or_repeated_while_mongodb_is_away(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    shoppers = [judged.shopper(name) for name in _USERS]
    load = Load(world, [*_USERS, "away"])
    async with running(delivery), connected(*shoppers):
        # Without MongoDB the API accepts nothing. What it accepted before is still on its way.
        await load.prepare(_ROUNDS_AWAY + 20)
        async with load.going_on():
            await load.rounds(5)
            async with away(services.mongo):
                await load.rounds(_ROUNDS_AWAY)
            await load.rounds(5)
        await _all_arrive(world, load, shoppers)


async def test_nothing_is_lost_or_repeated_while_kafka_is_away(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    # No duplicate is allowed, although the membership is lost and uncommitted records are consumed
    # again: all of them have a `delivered_at` by then, so that the inbox does not owe them.
    shoppers = [judged.shopper(name) for name in _USERS]
    load = Load(world, [*_USERS, "away"])
    async with running(delivery), connected(*shoppers):
        async with load.going_on():
            await load.rounds(5)
            async with away(services.kafka):
                await load.rounds(_ROUNDS_AWAY)
            await load.rounds(5)
        await _all_arrive(world, load, shoppers)


async def _all_arrive(world: World, load: Load, shoppers: list[Shopper]) -> None:
    async def arrived() -> bool:
        return load.all_acked(*shoppers)

    await eventually(arrived)
    await world.all_committed()
