"""Clients on any instance get everything, whichever instance owns their partition."""

import pytest

from tests.faults.conftest import FleetOf
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.shopper import connected
from tests.services.waiting import PATIENCE_SECONDS
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(24)]


async def test_two_devices_of_a_user_on_two_instances_each_get_everything_once(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(3)
    # Slow enough for any machine: the owner disconnects a device that is two events behind the
    # user's other device.
    load = Load(world, _USERS, every_seconds=0.5)
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged, devices=2) as roamers:
        # Subscribe both first: notifications that one device has acknowledged are not pushed to a
        # device that subscribes later.
        await fleet.shared_by(0, 1, 2)
        await fleet.subscribed(len(roamers))
        async with load.going_on():
            await load.rounds(8)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert {roamer.connects for roamer in roamers} == {1}


@pytest.mark.parametrize("partitions", [2])
async def test_a_member_without_partitions_serves_its_sockets(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(3)
    load = Load(world, _USERS)
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged) as roamers:
        assert sorted(await fleet.shared_by(0, 1, 2)) == [0, 1, 1]
        async with load.going_on():
            await load.rounds(8)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert {roamer.connects for roamer in roamers} == {1}


async def test_a_silent_device_does_not_delay_another_device_of_the_user_on_any_instance(
    world: World, fleet_of: FleetOf, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["DELIVERY_ACK_TIMEOUT_SECONDS"] = str(2 * PATIENCE_SECONDS)
    fleet = fleet_of(2)
    async with fleet.running(0, 1):
        for number, user in enumerate(_USERS[:4]):
            silent = judged.shopper(user, acking=False, url=fleet[number % 2].url)
            quick = judged.shopper(user, url=fleet[1 - number % 2].url)
            # `until` fails long before the silent device's acknowledgement is due.
            async with connected(silent, quick):
                created: list[str] = []
                while len(created) < 20:
                    created += await world.create(user)
                    await quick.until(lambda quick=quick, created=created: quick.acked == created)  # type: ignore[misc]
                await world.all_delivered(created)
        await world.all_committed()
