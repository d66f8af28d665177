"""While Kafka does not answer, every process stops in time, whatever it waits for."""

import asyncio
import os
import signal

import httpx
import pytest

from tests.faults.conftest import FleetOf, ProducersOf
from tests.integration.delivery.instances import all_live
from tests.integration.producer_api.api import Api
from tests.services.http import http_client
from tests.services.parts import Services, suspended
from tests.services.program import Program, running
from tests.services.shopper import Shopper, connected
from tests.services.waiting import eventually
from tests.services.world import World

pytestmark = pytest.mark.restarts_parts

_DRAIN_SECONDS = 1
#: The time for the drain, plus the time to end what waits for Kafka. This second part is less than
#: the 10 s that a supervisor allows.
_STOP_SECONDS = _DRAIN_SECONDS + 9


@pytest.fixture
def partitions() -> int:
    """A small number, so that Kafka is ready sooner after the test has resumed it."""
    return 2


async def _stop_in_time(*programs: Program) -> None:
    """Send SIGTERM, and check that the programs end by themselves, in time."""
    for program in programs:
        os.kill(program.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            statuses = [await program.wait() for program in programs]
    finally:
        for program in programs:
            print(*program.lines[-20:], sep="\n")  # noqa: T201 - pytest shows it after a failure
    assert statuses == [0] * len(programs)


async def _is_rebalancing(instance: Program) -> None:
    async def says_so() -> bool:
        return any("it is rebalancing" in line for line in instance.lines)

    await eventually(says_so)


async def _is_alive(program: Program) -> None:
    async def answers() -> bool:
        try:
            async with http_client(program.url) as client:
                return (await client.get("/healthz")).is_success
        except httpx.ConnectError:
            return False

    await eventually(answers)


async def test_stops_end_in_time_while_kafka_does_not_answer(
    world: World,
    services: Services,
    stack_env: dict[str, str],
    fleet_of: FleetOf,
    producers_of: ProducersOf,
) -> None:
    stack_env["DELIVERY_DRAIN_SECONDS"] = str(_DRAIN_SECONDS)
    fleet, producers = fleet_of(3), producers_of({})
    first, second, third = fleet.instances
    api = producers[0]
    silent = Shopper("ana", first.url, acking=False)
    async with running(api, first), connected(silent):
        await all_live(1, first)
        await world.create("ana")
        await silent.has(1)
        # When Kafka stops answering, the first instance is handing over, and waits for the ack.
        # The second waits for its partitions, and the third for an answer from the brokers.
        await second.start_unready()
        await _is_rebalancing(first)
        with suspended(services.kafka):
            await third.start_unready()
            async with Api(api.url) as calls:
                await calls.created("ana")
            await _is_alive(third)
            await _stop_in_time(first, second, third, api)
