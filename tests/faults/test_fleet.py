"""Any client on any instance: joins, leaves, kills and cuts, while notifications flow."""

from tests.faults.conftest import FleetOf
from tests.faults.roaming import Roamer, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.world import World, eventually

_USERS = [f"user-{number}" for number in range(48)]
_PATIENCE_SECONDS = 60


async def _all_acked(load: Load, roamers: list[Roamer]) -> None:
    async def acked() -> bool:
        by_user: dict[str, set[str]] = {}
        for roamer in roamers:
            by_user.setdefault(roamer.user, set()).update(roamer.acked)
        return all(by_user[user] >= set(created) for user, created in load.created.items())

    await eventually(acked, within=_PATIENCE_SECONDS)


async def test_users_on_every_instance_get_everything_once(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(3)
    load = Load(world, _USERS)
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            await load.rounds(20)
        await _all_acked(load, roamers)
        await world.all_committed()
    assert {roamer.connects for roamer in roamers} == {1}


async def test_an_instance_joins_and_leaves_and_nobody_gets_anything_twice(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(3)
    load = Load(world, _USERS)
    async with fleet.running(0, 1), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            await load.rounds(5)
            await fleet.start(2)
            await load.rounds(10)
            await fleet.stop(0)
            await load.rounds(10)
        await _all_acked(load, roamers)
        await world.all_committed()
