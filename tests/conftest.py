"""Fixtures for tests with a real Kafka and a real MongoDB, which all tests share."""

import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiokafka.record._crecords import default_records
from hypothesis import settings

from deploy.local.ports import free_ports
from tests.services.docker import docker_services
from tests.services.env import discard, program_env
from tests.services.local import Place, local_services
from tests.services.pairs import NewParts, Pairs
from tests.services.parts import Services
from tests.services.program import ForkedProgram, Program
from tests.services.shared import SharedParts
from tests.turns import in_turn

# Hide this package from jsonschema, which would spend 3 s on grammars for IRIs. Our schemas use no
# IRIs.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

# By default, Hypothesis fails an example that takes longer than 200 ms. On a busy machine, any
# example may take longer, and these tests do not check how long an example takes.
settings.register_profile("without_deadline", settings(), deadline=None)
settings.load_profile("without_deadline")


_SHARED = pytest.StashKey[SharedParts]()
_NEXT = pytest.StashKey[pytest.Item | None]()
_SERVICES, _LOCAL = "TEST_SERVICES", "local"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of pytest-xdist where to find the Kafka and the MongoDB that all share."""
    if os.environ.get(_SERVICES, _LOCAL) != _LOCAL:
        return
    stash = node.config.stash
    if _SHARED not in stash:
        stash[_SHARED] = SharedParts()
    node.workerinput["shared_parts"] = tuple(stash[_SHARED].place)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared Kafka and MongoDB."""
    if _SHARED in config.stash:
        config.stash[_SHARED].stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order of `tests.turns`."""
    items[:] = in_turn(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Exempt the imported modules from garbage collection: each full collection would scan them.

    Raises `pytest.UsageError` if pytest-xdist ignores the groups. Otherwise several workers would
    start what the tests of one group should share.
    """
    if session.config.getoption("loadgroup", default=False):
        grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
        if not all("@" in item.nodeid for item in grouped):
            raise pytest.UsageError("this pytest-xdist ignores `xdist_group` under this pytest")
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Note which test comes next in this worker. Fixtures need it when a module ends."""
    item.session.stash[_NEXT] = nextitem


@pytest.fixture(scope="session")
def ports() -> Iterator[int]:
    """Free ports. Each worker of each test run looks for them in a range of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return free_ports(20_000 + (run * 50 + worker * 3_000) % 12_000)


@pytest.fixture(autouse=True)
def aiokafka_as_it_comes() -> Iterator[None]:
    """Undo `bound_aiokafka` after a test, because the tests' own consumers must read any record."""
    names = [name for name in vars(default_records) if name.endswith("_decode")]
    functions = {name: getattr(default_records, name) for name in names}
    yield
    for name, function in functions.items():
        setattr(default_records, name, function)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Handle SIGINT as at a terminal. A shell makes the jobs in its background ignore it.

    The tests' own event loop does not hear of it. python-engineio's client has given that loop a
    handler that cancels all its tasks.
    """
    wakeup = signal.set_wakeup_fd(-1)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)


@pytest.fixture(scope="session")
def new_parts(tmp_path_factory: pytest.TempPathFactory, ports: Iterator[int]) -> NewParts:
    """Starts a Kafka and a MongoDB: local processes, or containers with TEST_SERVICES=docker."""
    match os.environ.get(_SERVICES, _LOCAL):
        case "local":
            return lambda: local_services(tmp_path_factory.mktemp("services"), ports)
        case "docker":
            return lambda: docker_services(ports)
        case other:
            pytest.exit(f"TEST_SERVICES: expected 'local' or 'docker', not {other!r}", 4)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pairs(new_parts: NewParts, pytestconfig: pytest.Config) -> AsyncIterator[Pairs]:
    """This worker's pairs. Each pair is a Kafka and a MongoDB."""
    place = getattr(pytestconfig, "workerinput", {}).get("shared_parts")
    opened = Pairs(new_parts, place and Place(*place))
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def services(request: pytest.FixtureRequest, pairs: Pairs) -> AsyncIterator[Services]:
    """A Kafka and a MongoDB. A module that stops or kills one is marked `restarts_parts`."""
    if not _restarts_parts(request.node):
        yield await pairs.lasting()
        return
    yield await pairs.restarting()
    following = request.session.stash[_NEXT]
    if following is None or not _restarts_parts(following):
        await pairs.stop_restarting()


def _restarts_parts(node: pytest.Item | pytest.Collector) -> bool:
    return node.get_closest_marker("restarts_parts") is not None


@pytest_asyncio.fixture
async def stack_env(
    request: pytest.FixtureRequest, services: Services, ports: Iterator[int]
) -> AsyncIterator[dict[str, str]]:
    """The environment of our programs in one test: its own topic, group, database and ports."""
    env = program_env(services, ports)
    original = dict(env)  # tests change `env`
    yield env
    if _restarts_parts(request.node):
        # At a restart, Kafka opens all its topics, and MongoDB all its databases. Delete those of
        # this test, so that the part has few, and is ready sooner.
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
