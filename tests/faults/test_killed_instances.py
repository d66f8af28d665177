"""Instances that a test kills, or suspends until the group has dropped them."""

from tests.faults.conftest import FleetOf
from tests.faults.gaps import Gaps
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(12)]
_SESSION_TIMEOUT_SECONDS = 6
#: So long that a test fails if the group waits for the session time-out.
_LONG_SESSION_SECONDS = 30
#: The share of receipts that may be repeats. A receipt is repeated only if Kafka confirmed it just
#: as an instance was killed or resumed.
_REPEATED_RECEIPTS = 0.01
#: How long a kill may delay a user. An idle machine needs less than 2 s.
_KILL_SECONDS = 10


async def test_a_kill_delays_no_user_for_a_session_timeout_and_repeats_only_what_was_in_flight(
    world: World,
    fleet_of: FleetOf,
    judged: Judged,
    gaps: Gaps,
    stack_env: dict[str, str],
) -> None:
    stack_env["KAFKA_SESSION_TIMEOUT_MS"] = str(_LONG_SESSION_SECONDS * 1000)
    fleet = fleet_of(3)
    load = Load(world, _USERS)
    kills = (0, 1)
    # At a kill, each user may have one pushed and one acknowledged notification without a
    # `delivered_at`.
    judged.max_duplicates = 2 * len(_USERS) * len(kills)
    judged.max_repeated_receipts = _REPEATED_RECEIPTS
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            for number in kills:
                await load.rounds(4)
                with gaps.around("at a kill"):
                    await fleet.kill(number)
                    await fleet.shared_by(*{0, 1, 2} - {number})
                    await all_have(load.created, roamers)
                await fleet.start(number)
                await fleet.shared_by(0, 1, 2)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
        await world.all_receipts_confirmed()
    assert fleet.counted("gone peer removed") == len(kills)
    longest = gaps.longest("at a kill")
    print(f"longest gap at a kill: {longest:.2f} s")  # noqa: T201 - the figure of this machine
    assert longest < _KILL_SECONDS


async def test_an_instance_that_the_group_dropped_does_no_harm_and_serves_again(
    world: World, fleet_of: FleetOf, judged: Judged, gaps: Gaps
) -> None:
    # The clients of a suspended instance seem to be connected, but no owner can reach them.
    judged.may_freeze = True
    judged.max_repeated_receipts = _REPEATED_RECEIPTS
    fleet = fleet_of(3)
    load = Load(world, _USERS)
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            for number in (0, 1):
                await load.rounds(4)
                with gaps.around("at a zombie"):
                    fleet.suspend(number)
                    await fleet.shared_by(*{0, 1, 2} - {number})
                    await load.rounds(4)
                    fleet.resume(number)
                    assert all(await fleet.shared_by(0, 1, 2))
                    await all_have(load.created, roamers)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert gaps.longest("at a zombie") > _SESSION_TIMEOUT_SECONDS, (
        "the group must have dropped the suspended instance"
    )
    assert not fleet.counted("gone peer removed"), (
        "its host accepted connections, so it was not gone"
    )
    assert {roamer.connects for roamer in roamers} == {1}
