"""A complete shop: an order service, three producer APIs, a delivery instance and shoppers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from tests.faults.fleet import Fleet
from tests.faults.orders import OrderService
from tests.faults.producers import Producers
from tests.faults.roaming import Roamer, all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.producer_api.outside import drained
from tests.services.published import assert_topics_match_the_contract
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(6)]


@dataclass(frozen=True, slots=True)
class Shop:
    """The parts of a shop, all running."""

    world: World
    producers: Producers
    orders: OrderService
    roamers: list[Roamer]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, world: World, producers: Producers, fleet: Fleet, judged: Judged
    ) -> AsyncIterator[Self]:
        """Start everything and connect all shoppers, but send no order yet."""
        assert world.accepted is not None
        orders = OrderService(producers.urls, _USERS, world.accepted)
        async with (
            producers.running(),
            fleet.running(0),
            roaming(_USERS, fleet, judged) as roamers,
        ):
            yield cls(world, producers, orders, roamers)

    async def all_is_delivered(self) -> None:
        """Wait until Kafka has every record, and each shopper every notification."""
        await drained(self.world)
        await all_have(self.orders.created, self.roamers)
        await self.world.all_delivered([id_ for ids in self.orders.created.values() for id_ in ids])
        await self.world.all_committed()
        await assert_topics_match_the_contract(self.world)
