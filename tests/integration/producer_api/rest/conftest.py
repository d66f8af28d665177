"""One producer API for all tests in this folder. Each test starts with an empty inbox."""

from collections.abc import AsyncIterator, Iterator

import pytest_asyncio

from tests.integration.producer_api.api import Api
from tests.integration.producer_api.conftest import FAST
from tests.integration.producer_api.outside import drained
from tests.services.env import program_env
from tests.services.pairs import Pairs
from tests.services.program import ForkedProgram, Program, running
from tests.services.world import World

#: A transaction counts as abandoned after half a lease. With a short lease, the program would abort
#: its own transactions on a slow machine. No test in this folder waits for a lease to end.
_LONG_LEASE = {"PRODUCER_API_LEASE_SECONDS": "15"}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_env(pairs: Pairs, ports: Iterator[int]) -> dict[str, str]:
    """The environment of the shared program, with its own topic, database and port."""
    return program_env(await pairs.lasting(), ports) | FAST | _LONG_LEASE


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_world(shared_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic and the inbox of the shared program."""
    async with World.opened(shared_env) as opened:
        yield opened


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def program(shared_env: dict[str, str], shared_world: World) -> AsyncIterator[Program]:
    """The shared program. It must not log a traceback in any test."""
    assert shared_world.settings.kafka_topic == shared_env["KAFKA_TOPIC"]
    url = f"http://127.0.0.1:{shared_env['PRODUCER_API_PORT']}"
    shared = ForkedProgram("producer_api", url, shared_env)
    async with running(shared):
        yield shared
    assert [line for line in shared.lines if "Traceback" in line] == []


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def api(program: Program) -> AsyncIterator[Api]:
    """A client of the shared program."""
    async with Api(program.url) as opened:
        yield opened


@pytest_asyncio.fixture(autouse=True)
async def world(shared_world: World) -> World:
    """The topic and the inbox, emptied for this test."""
    # Otherwise the relay would publish records of the previous test during this one.
    await drained(shared_world)
    await shared_world.begin_again()
    return shared_world
