"""Links between instances that break while both instances work."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager

import pytest

from tests.faults.conftest import FleetOf
from tests.faults.fleet import Fleet
from tests.faults.roaming import all_have, roaming
from tests.integration.delivery.judged import Judged
from tests.integration.delivery.load import Load
from tests.services.http import http_client
from tests.services.waiting import eventually
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(24)]
_DELAY_SECONDS = 0.3


@asynccontextmanager
async def _cut(fleet: Fleet) -> AsyncIterator[None]:
    async with fleet.proxies[0].cut(), fleet.proxies[1].cut():
        yield


@asynccontextmanager
async def _blackholed_to_the_owner(fleet: Fleet) -> AsyncIterator[None]:
    with fleet.proxies[0].there.blackholed():
        yield


@asynccontextmanager
async def _blackholed_from_the_owner(fleet: Fleet) -> AsyncIterator[None]:
    with fleet.proxies[0].back.blackholed():
        yield


async def _until_link_down(fleet: Fleet, since: int) -> None:
    """Wait until instance 1, which dialled instance 0, logs that the link is down."""

    async def is_logged() -> bool:
        return any(event["event"] == "peer link down" for event in fleet[1].events[since:])

    await eventually(is_logged)


async def _until_not_ready(fleet: Fleet) -> None:
    """Wait until instance 1 says that it cannot serve the users of instance 0."""

    async def says_so() -> bool:
        async with http_client(fleet[1].url) as client:
            ready = (await client.get("/readyz")).json()
        return "no owner serves partitions" in ready.get("reasons", {}).get("owners", "")

    await eventually(says_so)


@pytest.mark.parametrize("broken", [_cut, _blackholed_to_the_owner, _blackholed_from_the_owner])
async def test_a_broken_link_moves_its_users_unless_it_recovers_in_time(
    broken: Callable[[Fleet], AbstractAsyncContextManager[None]],
    world: World,
    fleet_of: FleetOf,
    judged: Judged,
) -> None:
    fleet = fleet_of(2, proxied=True)
    load = Load(world, _USERS)
    async with fleet.running(0, 1), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            await load.rounds(2)
            # Restore the link as soon as the instance reports it. After six seconds without the
            # link, users would move to another instance.
            logged = len(fleet[1].events)
            async with broken(fleet):
                await _until_link_down(fleet, logged)
            await all_have(load.created, roamers)
            assert {roamer.connects for roamer in roamers} == {1}
            async with broken(fleet):
                await _until_not_ready(fleet)
                await load.rounds(2)
                await all_have(load.created, roamers)
            await load.rounds(2)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert {roamer.connects for roamer in roamers} == {1, 2}


async def test_a_live_instance_that_its_peers_find_gone_is_removed_only_once(
    world: World, fleet_of: FleetOf, judged: Judged, stack_env: dict[str, str]
) -> None:
    stack_env["KAFKA_SESSION_TIMEOUT_MS"] = "30000"  # so that no session ends during the test
    # The removed instance still pushes until its next heartbeat. So its users may get the
    # notifications in flight twice.
    judged.max_duplicates = 2 * len(_USERS)
    judged.max_repeated_receipts = 0.01
    fleet = fleet_of(3, proxied=True)
    load = Load(world, _USERS)
    async with fleet.running(0, 1, 2), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            await load.rounds(2)
            async with fleet.proxies[0].cut():
                await _until_counted(fleet, "gone peer removed", 1)
                await _until_rejoined(fleet)
                await load.rounds(2)
            await _until_counted(fleet, "gone peer answers again", 2)
            await all_have(load.created, roamers)
            # Both peers have found a live instance gone. So for ten minutes they do not trust
            # refused connections, and do not remove the instance again.
            async with fleet.proxies[0].cut():
                await load.rounds(8)
            await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert fleet.counted("gone peer removed") == 1


async def _until_counted(fleet: Fleet, event: str, count: int) -> None:
    async def counted() -> bool:
        return fleet.counted(event) >= count

    await eventually(counted)


async def _until_rejoined(fleet: Fleet) -> None:
    """Wait until instance 0 has partitions again, and all instances know this assignment."""
    removed_at = next(
        logged["time"]
        for instance in fleet.instances
        for logged in instance.events
        if logged["event"] == "gone peer removed"
    )

    async def is_assigned() -> bool:
        latest = [
            [e for e in instance.events if e["event"] == "partitions assigned"][-1]
            for instance in fleet.instances
        ]
        return (
            latest[0]["time"] > removed_at
            and latest[0]["count"] > 0
            and len({assigned["generation"] for assigned in latest}) == 1
        )

    await eventually(is_assigned)


async def test_a_slow_link_only_delays_notifications(
    world: World, fleet_of: FleetOf, judged: Judged
) -> None:
    fleet = fleet_of(2, proxied=True)
    load = Load(world, _USERS)
    async with fleet.running(0, 1), roaming(_USERS, fleet, judged) as roamers:
        async with load.going_on():
            ways = [way for proxy in fleet.proxies for way in (proxy.there, proxy.back)]
            with ExitStack() as slow:
                for way in ways:
                    slow.enter_context(way.delayed(_DELAY_SECONDS))
                await load.rounds(12)
                await all_have(load.created, roamers)
            await load.rounds(4)
        await all_have(load.created, roamers)
        await load.all_delivered()
        await world.all_committed()
    assert {roamer.connects for roamer in roamers} == {1}
