"""A fleet of instances, the shoppers that connect to it, and the auditor of the run."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from tests.auditor.logs import AcceptedLog
from tests.faults.fleet import Fleet
from tests.faults.gaps import Gaps
from tests.faults.producers import Producers
from tests.faults.proxy import Proxy
from tests.faults.shop import Shop
from tests.integration.delivery.judged import Judged, judging
from tests.services.world import World

FleetOf = Callable[..., Fleet]
ProducersOf = Callable[..., Producers]
ShopOf = Callable[[], AbstractAsyncContextManager[Shop]]


@pytest.fixture
def partitions() -> int:
    """The number of the topic's partitions. A test may override it."""
    return 6


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str], partitions: int, tmp_path: Path) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test.

    Its `accepted` log has every notification that the test publishes.
    """
    stack_env["KAFKA_TOPIC_PARTITIONS"] = str(partitions)
    async with World.opened(stack_env) as opened:
        opened.accepted = AcceptedLog(tmp_path / "accepted.jsonl")
        yield opened


@pytest.fixture
def fleet_of(world: World, stack_env: dict[str, str], ports: Iterator[int]) -> FleetOf:
    """Makes a fleet: the instances of one group, not started yet.

    With `proxied`, a proxy stands between each instance and its peers. The instances take their
    peer secrets from `secrets` in turn. `releases` has the folder of the release that each of them
    runs, or None for the present sources.
    """
    assert world.accepted is not None

    def make(
        count: int,
        *,
        proxied: bool = False,
        secrets: Sequence[str] = ("ours",),
        releases: Sequence[Path | None] = (),
    ) -> Fleet:
        environments = [
            stack_env
            | {
                "DELIVERY_PORT": str(next(ports)),
                "DELIVERY_PEER_SECRET": secrets[number % len(secrets)],
            }
            for number in range(count)
        ]
        proxies = [Proxy(next(ports), int(env["DELIVERY_PORT"])) for env in environments]
        if not proxied:
            return Fleet(environments, releases=releases)
        for env, proxy in zip(environments, proxies, strict=True):
            env["DELIVERY_ADVERTISED_URL"] = proxy.url
        return Fleet(environments, proxies, releases)

    return make


@pytest.fixture
def producers_of(stack_env: dict[str, str], ports: Iterator[int]) -> ProducersOf:
    """Makes one producer API for each set of changed settings, not started yet.

    `releases` has the folder of the release that each of them runs, or None for the present
    sources.
    """

    def make(*changes: Mapping[str, str], releases: Sequence[Path | None] = ()) -> Producers:
        environments = [
            {**stack_env, "PRODUCER_API_PORT": str(next(ports)), **changed} for changed in changes
        ]
        return Producers(environments, releases)

    return make


@pytest_asyncio.fixture
async def judged(
    world: World, stack_env: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Judged]:
    """The run of this test. The auditor judges it when the test ends."""
    assert world.accepted is not None
    async with judging(stack_env, tmp_path, "http://nowhere", request.node) as run:
        yield run


@pytest.fixture
def gaps(judged: Judged, request: pytest.FixtureRequest) -> Gaps:
    """The gaps in which users received nothing. They go into the report (`--junitxml`)."""
    return Gaps(judged.clients, request.node)


@pytest.fixture
def shop(world: World, producers_of: ProducersOf, fleet_of: FleetOf, judged: Judged) -> ShopOf:
    """A shop, which the auditor judges when it closes. Open it with `async with`."""
    return partial(Shop.open, world, producers_of({}, {}, {}), fleet_of(1), judged)
