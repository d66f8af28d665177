"""Joins, leaves and rolling restarts under load repeat no notification and delay none for long."""

import pytest

from tests.faults.conftest import FleetOf
from tests.faults.gaps import Gaps
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
#: The group does not wait for an instance that leaves gracefully. If it did, users would receive
#: nothing for as long as the session time-out. On an idle machine, the gap is less than 1 s.
_SESSION_TIMEOUT_SECONDS = 30
_LONGEST_GAP_SECONDS = _SESSION_TIMEOUT_SECONDS / 2


@pytest.fixture(autouse=True)
def _long_sessions(stack_env: dict[str, str]) -> None:
    stack_env["KAFKA_SESSION_TIMEOUT_MS"] = str(_SESSION_TIMEOUT_SECONDS * 1000)


async def test_joins_and_leaves_repeat_nothing_and_delay_no_user_for_long(
    world: World, fleet_of: FleetOf, judged: Judged, gaps: Gaps
) -> None:
    fleet = fleet_of(4)
    load = Load(world, _USERS)
    async with fleet.running(0, 1), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            await load.rounds(4)
            for number in (2, 3):
                with gaps.around("at a join"):
                    await fleet.start(number)
                    await fleet.shared_by(*range(number + 1))
                    await load.rounds(4)
            for number in (0, 1):
                with gaps.around("at a leave"):
                    await fleet.stop(number)
                    await fleet.shared_by(*range(number + 1, 4))
                    await load.rounds(4)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert gaps.longest("at a join") < _LONGEST_GAP_SECONDS
    assert gaps.longest("at a leave") < _LONGEST_GAP_SECONDS


async def test_a_rolling_restart_repeats_nothing_and_delays_no_user_for_long(
    world: World, fleet_of: FleetOf, judged: Judged, gaps: Gaps
) -> None:
    fleet = fleet_of(3)
    load = Load(world, _USERS)
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            for number in (0, 1, 2):
                with gaps.around("at a restart"):
                    await fleet.stop(number)
                    await fleet.start(number)
                    await fleet.shared_by(0, 1, 2)
                    await load.rounds(2)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert gaps.longest("at a restart") < _LONGEST_GAP_SECONDS
    # A roamer reconnects only when its own instance restarts.
    assert max(roamer.connects for roamer in roamers) <= 1 + 3
