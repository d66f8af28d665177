"""Producer APIs of a single test, with its own topic and inbox."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.integration.producer_api.api import Api
from tests.services.program import ForkedProgram, Program, running
from tests.services.world import World

#: As short as allowed, because the tests wait for what these bound. The publish time-out is long
#: enough that a record is on the log before its create is answered.
FAST = {
    "PRODUCER_API_TAKEOVER_SECONDS": "5",
    "PRODUCER_API_LEASE_SECONDS": "2",
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "4",
}
#: While Kafka is away, the first create of each process waits for this.
_AWAY = {"PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "1"}


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic and the inbox of this test."""
    async with World.opened(stack_env) as opened:
        yield opened


@pytest.fixture
def another(
    stack_env: dict[str, str], ports: Iterator[int], request: pytest.FixtureRequest
) -> Callable[..., Program]:
    """Makes producer APIs of this test's topic and inbox, not started yet."""
    is_away = request.node.get_closest_marker("restarts_parts") is not None
    fast = FAST | _AWAY if is_away else FAST
    firsts = itertools.chain([int(stack_env["PRODUCER_API_PORT"])], ports)

    def make(**changed: str) -> Program:
        port = str(next(firsts))
        env = {**stack_env, **fast, "PRODUCER_API_PORT": port, **changed}
        return ForkedProgram("producer_api", f"http://127.0.0.1:{port}", env)

    return make


@pytest_asyncio.fixture
async def program(another: Callable[..., Program]) -> AsyncIterator[Program]:
    """One running producer API."""
    async with running(made := another()):
        yield made


@pytest_asyncio.fixture
async def api(program: Program) -> AsyncIterator[Api]:
    """The callers of that producer API."""
    async with Api(program.url) as opened:
        yield opened


@pytest_asyncio.fixture
async def two(another: Callable[..., Program]) -> AsyncIterator[tuple[Program, Program]]:
    """Two running producer APIs of the same topic and inbox."""
    programs = another(), another()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(*programs))
        yield programs
