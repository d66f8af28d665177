"""Producer APIs for a single test, with its own topic and inbox."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.faults.proxy import KafkaLink
from tests.integration.producer_api.api import Api
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program, running
from tests.services.world import World

#: The publish time-out is long enough that a record is on the log before the create is answered.
#: The other two are as short as the settings allow, because the tests wait for these times.
FAST = {
    "PRODUCER_API_TAKEOVER_SECONDS": "5",
    "PRODUCER_API_LEASE_SECONDS": "5",
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "4",
}
#: While Kafka is down, the first create of each process waits for the publish time-out.
_KAFKA_DOWN = {
    "PRODUCER_API_LEASE_SECONDS": "2",
    "PRODUCER_API_PUBLISH_TIMEOUT_SECONDS": "1",
}


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str]) -> AsyncIterator[World]:
    """The topic and the inbox of this test."""
    async with World.opened(stack_env) as opened:
        yield opened


@pytest.fixture
def kafka(services: Services, ports: Iterator[int]) -> KafkaLink:
    """The link through which this test's programs reach Kafka. The test may stop the link."""
    return KafkaLink(next(ports), services.kafka_bootstrap)


@pytest_asyncio.fixture(autouse=True)
async def _linked(
    services: Services,  # noqa: ARG001 - an async fixture that `kafka` needs must be set up before
    request: pytest.FixtureRequest,
) -> AsyncIterator[None]:
    """Open the link before a program starts, whatever the order of the test's fixtures."""
    if "kafka" not in request.fixturenames:
        yield
        return
    link: KafkaLink = request.getfixturevalue("kafka")
    async with link.running():
        yield


@pytest.fixture
def another(
    stack_env: dict[str, str], ports: Iterator[int], request: pytest.FixtureRequest
) -> Callable[..., Program]:
    """Return a function that makes a producer API for this test, without starting it."""
    stops_parts = request.node.get_closest_marker("restarts_parts") is not None
    fast = FAST | _KAFKA_DOWN if stops_parts else FAST
    if "kafka" in request.fixturenames:
        link: KafkaLink = request.getfixturevalue("kafka")
        fast = FAST | _KAFKA_DOWN | {"KAFKA_BOOTSTRAP_SERVERS": link.bootstrap}
    free_ports = itertools.chain([int(stack_env["PRODUCER_API_PORT"])], ports)

    def make(**changed: str) -> Program:
        port = str(next(free_ports))
        env = {**stack_env, **fast, "PRODUCER_API_PORT": port, **changed}
        return ForkedProgram("producer_api", f"http://127.0.0.1:{port}", env)

    return make


@pytest_asyncio.fixture
async def program(another: Callable[..., Program]) -> AsyncIterator[Program]:
    """One running producer API."""
    async with running(started := another()):
        yield started


@pytest_asyncio.fixture
async def api(program: Program) -> AsyncIterator[Api]:
    """A client of the producer API `program`."""
    async with Api(program.url) as opened:
        yield opened


@pytest_asyncio.fixture
async def two(another: Callable[..., Program]) -> AsyncIterator[tuple[Program, Program]]:
    """Two running producer APIs with the same topic and inbox."""
    programs = another(), another()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(*programs))
        yield programs
