"""A fleet of instances, the shoppers that roam over them, and who judges the run."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.auditor.logs import AcceptedLog
from tests.faults.fleet import Fleet
from tests.integration.delivery.judged import Judged, judging
from tests.services.world import World

FleetOf = Callable[..., Fleet]


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str], tmp_path: Path) -> AsyncIterator[World]:
    """The topic, the inbox and the group of one test; what is published counts as accepted."""
    stack_env["KAFKA_TOPIC_PARTITIONS"] = "12"
    async with World.opened(stack_env) as opened:
        opened.accepted = AcceptedLog(tmp_path / "accepted.jsonl")
        yield opened


@pytest.fixture
def fleet_of(world: World, stack_env: dict[str, str], ports: Iterator[int]) -> FleetOf:
    """That many instances of one group, not yet started."""
    assert world.accepted is not None

    def made(count: int, **settings: str) -> Fleet:
        return Fleet(
            [stack_env | settings | {"DELIVERY_PORT": str(next(ports))} for _ in range(count)]
        )

    return made


@pytest_asyncio.fixture
async def judged(
    world: World, stack_env: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Judged]:
    """The run of this test, judged at its end."""
    assert world.accepted is not None
    async with judging(stack_env, tmp_path, "http://nowhere", request.node) as run:
        yield run
