"""Fixtures for tests with a real Kafka and a real MongoDB, which all tests share."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.record._crecords import default_records
from hypothesis import settings

from deploy.local.ports import free_ports
from tests.services.docker import docker_services
from tests.services.env import discard, program_env
from tests.services.local import Place, local_services
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program
from tests.services.shared import SharedParts, shared_services
from tests.turns import in_turn

# If it can import this, jsonschema builds grammars for 3 s, to check IRIs. Our schemas have none.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

# By default, Hypothesis fails an example that takes longer than 200 ms. On a busy machine, any
# example may take longer, and these tests do not check how long an example takes.
settings.register_profile("without_deadline", settings(), deadline=None)
settings.load_profile("without_deadline")


_SHARED = pytest.StashKey[SharedParts]()
_SERVICES, _LOCAL = "TEST_SERVICES", "local"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of pytest-xdist where the pair is that all workers share."""
    if os.environ.get(_SERVICES, _LOCAL) != _LOCAL:
        return
    stash = node.config.stash
    if _SHARED not in stash:
        stash[_SHARED] = SharedParts()
    node.workerinput["shared_parts"] = tuple(stash[_SHARED].place)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared pair."""
    if _SHARED in config.stash:
        config.stash[_SHARED].stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order of `tests.turns`."""
    items[:] = in_turn(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Exempt the imported modules from garbage collection: each full collection would scan them.

    Raises `pytest.UsageError` if pytest-xdist ignores the groups: each worker would start
    everything that one of them should share.
    """
    if session.config.getoption("loadgroup", default=False):
        grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
        if not all("@" in item.nodeid for item in grouped):
            raise pytest.UsageError("this pytest-xdist ignores `xdist_group` under this pytest")
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def ports() -> Iterator[int]:
    """Free ports. Each worker of each test run searches a different range."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return free_ports(20_000 + (run * 50 + worker * 3_000) % 12_000)


@pytest.fixture(autouse=True)
def aiokafka_as_it_comes() -> Iterator[None]:
    """Undo `bound_aiokafka` after a test, because the consumers of tests read any record."""
    names = [name for name in vars(default_records) if name.endswith("_decode")]
    functions = {name: getattr(default_records, name) for name in names}
    yield
    for name, function in functions.items():
        setattr(default_records, name, function)


Parts = Callable[[], AbstractAsyncContextManager[Services]]


@pytest.fixture(scope="session")
def new_parts(tmp_path_factory: pytest.TempPathFactory, ports: Iterator[int]) -> Parts:
    """Starts a Kafka and a MongoDB: local processes, or containers with TEST_SERVICES=docker."""
    match os.environ.get(_SERVICES, _LOCAL):
        case "local":
            return lambda: local_services(tmp_path_factory.mktemp("services"), ports)
        case "docker":
            return lambda: docker_services(ports)
        case other:
            pytest.exit(f"TEST_SERVICES: expected 'local' or 'docker', not {other!r}", 4)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def parts_of(
    new_parts: Parts, pytestconfig: pytest.Config
) -> AsyncIterator[Callable[[bool], Awaitable[Services]]]:
    """Starts a Kafka and a MongoDB when a module first needs them, and keeps them running.

    There are two pairs. The argument says whether the module stops or kills parts. Those modules
    share one pair in each worker, because an outage would disturb the programs of the other
    modules. The other modules share one pair in all workers.
    """
    running: dict[bool, Services] = {}
    place = getattr(pytestconfig, "workerinput", {}).get("shared_parts")
    async with AsyncExitStack() as stack:

        async def parts(restarts: bool) -> Services:
            if restarts not in running:
                if place is None or restarts:
                    running[restarts] = await stack.enter_async_context(new_parts())
                else:
                    running[restarts] = await shared_services(Place(*place))
            return running[restarts]

        yield parts


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(
    request: pytest.FixtureRequest, parts_of: Callable[[bool], Awaitable[Services]]
) -> Services:
    """A Kafka and a MongoDB. A module that stops or kills one is marked `restarts_parts`."""
    return await parts_of(request.node.get_closest_marker("restarts_parts") is not None)


@pytest_asyncio.fixture
async def stack_env(
    request: pytest.FixtureRequest, services: Services, ports: Iterator[int]
) -> AsyncIterator[dict[str, str]]:
    """The environment of our programs in one test: its own topic, group, database and ports."""
    env = program_env(services, ports)
    original = dict(env)  # tests change `env`
    yield env
    if request.node.get_closest_marker("restarts_parts") is not None:
        # A part that restarts opens all its topics and databases. With few, it is ready sooner.
        await discard(original)


@pytest.fixture
def producer_api(stack_env: dict[str, str]) -> Program:
    """The producer API of this test. Start it with `async with running(producer_api):`."""
    url = f"http://127.0.0.1:{stack_env['PRODUCER_API_PORT']}"
    return ForkedProgram("producer_api", url, stack_env)


@pytest.fixture
def delivery(stack_env: dict[str, str]) -> Program:
    """The delivery instance of this test. Start it with `async with running(delivery):`."""
    url = f"http://127.0.0.1:{stack_env['DELIVERY_PORT']}"
    return ForkedProgram("delivery", url, stack_env)
