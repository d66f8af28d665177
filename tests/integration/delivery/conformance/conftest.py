"""One delivery instance for all tests of this folder, and one whose heartbeat is fast.

The tests use only the network protocol, so they are valid for any implementation of it. They share
the instances, because an instance takes longer to start than most of these tests take.
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.delivery.conformance.server_side import metric
from tests.services.env import program_env
from tests.services.pairs import Pairs
from tests.services.program import ForkedProgram, Program, running
from tests.services.waiting import eventually
from tests.services.world import World

_HERE = Path(__file__).parent
_numbers = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in one worker, which starts each instance once."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("conformance"))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_env(pairs: Pairs, ports: Iterator[int]) -> dict[str, str]:
    """The environment of the shared instance: its own topic, group and database."""
    return program_env(await pairs.lasting(), ports)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_world(shared_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic and the inbox of the shared instance."""
    async with World.opened(shared_env) as world:
        yield world


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_instance(shared_env: dict[str, str]) -> AsyncIterator[Program]:
    """The shared instance. Tests use `instance`, which also checks it."""
    program = _delivery("delivery", shared_env)
    async with running(program):
        yield program


@pytest_asyncio.fixture
async def instance(shared_instance: Program) -> AsyncIterator[Program]:
    """The shared instance. After the test, it has no connection and has logged no traceback."""
    async with _left_clean(shared_instance):
        yield shared_instance


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def impatient_env(pairs: Pairs, ports: Iterator[int]) -> dict[str, str]:
    """The environment of the instance with a fast heartbeat."""
    return program_env(await pairs.lasting(), ports)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def impatient_world(impatient_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic and the inbox of the instance with a fast heartbeat."""
    async with World.opened(impatient_env) as world:
        yield world


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_impatient(impatient_env: dict[str, str]) -> AsyncIterator[Program]:
    """The instance with a fast heartbeat. Tests use `impatient`, which also checks it."""
    program = _delivery(f"{__package__}.impatient", impatient_env)
    async with running(program):
        yield program


@pytest_asyncio.fixture
async def impatient(shared_impatient: Program) -> AsyncIterator[Program]:
    """The instance with a fast heartbeat (see `impatient.py`), checked like `instance`."""
    async with _left_clean(shared_impatient):
        yield shared_impatient


@pytest.fixture
def user() -> str:
    """A user of this test alone."""
    return f"user-{next(_numbers)}"


def _delivery(module: str, env: dict[str, str]) -> Program:
    return ForkedProgram(module, f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)


@asynccontextmanager
async def _left_clean(program: Program) -> AsyncIterator[None]:
    earlier = len(program.lines)
    yield

    async def nobody_is_connected() -> bool:
        return await metric(program, "delivery_connections") == 0

    await eventually(nobody_is_connected)
    assert [line for line in program.lines[earlier:] if "Traceback" in line] == []
