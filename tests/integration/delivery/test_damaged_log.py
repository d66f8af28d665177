"""A damaged batch stops its partition alone: nothing passes it, and the others go on."""

from tests.integration.delivery.instances import all_live
from tests.integration.delivery.judged import Judged
from tests.services.parts import Services, suspended
from tests.services.program import Program, running
from tests.services.segments import byte_of
from tests.services.shopper import connected
from tests.services.waiting import eventually
from tests.services.world import World

_IN_A_VALUE = -40


async def test_a_flipped_byte_stops_its_partition_alone_until_it_is_repaired(
    world: World, delivery: Program, judged: Judged, services: Services
) -> None:
    users = [world.users_of_partition(number, 2) for number in range(3)]
    shoppers = [judged.shopper(user) for pair in users for user in pair]
    created: dict[str, list[str]] = {}

    async def create(count: int) -> None:
        for shopper in shoppers:
            created.setdefault(shopper.user, []).extend(await world.create(shopper.user, count))

    async with running(delivery), connected(*shoppers):
        await all_live(len(shoppers), delivery)
        await create(2)
        for shopper in shoppers:
            await shopper.has(2)
        await world.all_committed()
        good = await world.committed_of(0)
        with suspended(delivery):  # so that it fetches all partitions together
            await create(5)
            damaged = byte_of(services, world.settings.kafka_topic, 0, good, _IN_A_VALUE)
            damaged.flip()
        await create(5)
        for shopper in shoppers[2:]:  # no fetch skips their records
            await shopper.until(lambda shopper=shopper: shopper.acked == created[shopper.user])  # type: ignore[misc]

        async def is_stopped() -> bool:
            samples = await delivery.samples()
            return samples.get('delivery_partition_stopped{partition="0"}') == 1

        await eventually(is_stopped)
        assert await world.committed_of(0) == good
        assert (await delivery.samples())["delivery_partition_stopped"] == 1, "it alone"
        (event,) = [event for event in delivery.events if event["event"] == "partition stopped"]
        assert (event["partition"], event["offset"]) == (0, good)
        assert "checksum" in event["reason"]
        damaged.flip()
        for shopper in shoppers:
            await shopper.until(lambda shopper=shopper: shopper.acked == created[shopper.user])  # type: ignore[misc]
        await world.all_committed()
        assert not await is_stopped()
