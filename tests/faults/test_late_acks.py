"""An ack is written even if the owner that pushed is frozen and cannot receive it."""

from tests.faults.conftest import FleetOf
from tests.integration.delivery.judged import Judged
from tests.services.shopper import connected
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(6)]


async def test_an_ack_to_a_frozen_owner_is_written_although_its_client_has_left(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(2)
    async with fleet.running(0, 1):
        await fleet.shared_by(0, 1)
        shoppers = [judged.shopper(user, acking=False, url=fleet[1].url) for user in _USERS]
        async with connected(*shoppers):
            ids = [id_ for user in _USERS for id_ in await world.create(user)]
            for shopper in shoppers:
                await shopper.has(1)
            # For some seconds, the edge does not notice that the owner is suspended, so it still
            # forwards acks to it.
            fleet.suspend(0)
            for shopper in shoppers:
                shopper.start_acking()
                await shopper.until(lambda shopper=shopper: len(shopper.acked) == 1)  # type: ignore[misc]
        await world.all_delivered(ids)
        fleet.resume(0)
