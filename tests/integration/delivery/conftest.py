"""What delivery finds in its surroundings, made as the contract says, and who judges the run."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import pytest_asyncio

from tests.auditor.audit import Sources
from tests.auditor.logs import AcceptedLog
from tests.auditor.sampler import CommitSampler, sampled
from tests.integration.delivery.judged import Judged
from tests.services.program import Program
from tests.services.world import World


@pytest_asyncio.fixture
async def world(stack_env: dict[str, str], tmp_path: Path) -> AsyncIterator[World]:
    """The topic, the inbox and the group of one test; what is published counts as accepted."""
    async with World.opened(stack_env) as opened:
        opened.accepted = AcceptedLog(tmp_path / "accepted.jsonl")
        yield opened


@pytest.fixture
def second(stack_env: dict[str, str], ports: Iterator[int]) -> Program:
    """Another instance of the same group, not yet started."""
    port = str(next(ports))
    return Program("delivery", f"http://127.0.0.1:{port}", {**stack_env, "DELIVERY_PORT": port})


@pytest_asyncio.fixture
async def judged(
    world: World,
    delivery: Program,
    stack_env: dict[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Judged]:
    """The run of this test, judged at its end; the counts go into the report (`--junitxml`)."""
    assert world.accepted is not None
    clients, samples = tmp_path / "clients", tmp_path / "samples.jsonl"
    clients.mkdir()
    sources = Sources.of(
        stack_env, clients=clients, accepted=tmp_path / "accepted.jsonl", samples=samples
    )
    run = Judged(sources, clients, delivery.url)
    sampler = CommitSampler(sources.bootstrap, sources.topic, sources.group, samples)
    async with sampled(sampler):
        yield run
    verdict = await run.verdict()
    counts = asdict(verdict.counts) | {"findings": len(verdict.findings)}
    request.node.user_properties.append(("auditor", counts))
    verdict.assert_clean(run.max_duplicates)
    assert verdict.counts.samples, "nobody watched the offsets"
