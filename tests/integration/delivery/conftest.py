"""The topic, the inbox and the consumer group for delivery, and the auditor of its runs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from producer_api.contract.settings import SharedSettings
from producer_api.contract.topics import ensure_topics
from tests.auditor.logs import AcceptedLog
from tests.integration.delivery.groups import PARTITIONS, Group
from tests.integration.delivery.judged import Judged, judging
from tests.services.program import ForkedProgram, Program
from tests.services.world import World


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str], tmp_path: Path) -> AsyncIterator[World]:
    """The topic, the inbox and the group of this test.

    Its `accepted` log has every notification that the test publishes.
    """
    async with World.opened(stack_env) as opened:
        opened.accepted = AcceptedLog(tmp_path / "accepted.jsonl")
        yield opened


@pytest.fixture
def second(stack_env: dict[str, str], ports: Iterator[int]) -> Program:
    """A second instance of the same group, not started yet."""
    port = str(next(ports))
    return ForkedProgram(
        "delivery", f"http://127.0.0.1:{port}", {**stack_env, "DELIVERY_PORT": port}
    )


@pytest_asyncio.fixture
async def judged(
    world: World,
    delivery: Program,
    stack_env: dict[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Judged]:
    """The run of this test, which the auditor judges. The `--junitxml` report has the counts."""
    assert world.accepted is not None
    async with judging(stack_env, tmp_path, delivery.url, request.node) as run:
        yield run


@pytest_asyncio.fixture
async def group(stack_env: dict[str, str]) -> Group:
    """A consumer group with its own topic, without members yet."""
    env = stack_env | {"KAFKA_TOPIC_PARTITIONS": str(PARTITIONS)}
    settings = SharedSettings.model_validate({name.lower(): value for name, value in env.items()})
    await ensure_topics(settings)
    return Group(settings, env["KAFKA_GROUP_ID"])
