"""Acknowledged deliveries per second of one instance, beside the naive loop in the same run."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from tests.bench.clients import Crowd
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(100)]
_COUNT = {"delivery": 60_000, "tests.bench.naive": 2_000}
_CHUNK = 2_000


async def throughput(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Rates of both, their ratio, and the latency of one instance at half its rate."""
    rates = {module: await _rate(module, services, ports) for module in _COUNT}
    ours, naive = rates["delivery"]["acked_per_s"], rates["tests.bench.naive"]["acked_per_s"]
    half = await _latency(ours / 2, services, ports)
    return {
        "one instance": rates["delivery"],
        "naive loop": rates["tests.bench.naive"],
        "ratio": {"times": ours / naive},
        "at half that load": half,
    }


@asynccontextmanager
async def _stage(env: dict[str, str], program: Program) -> AsyncIterator[tuple[World, Crowd]]:
    """The program with everyone connected and live, and the path warm."""
    async with (
        World.opened(env) as world,
        running(program),
        Crowd.connected([program.url], _USERS) as crowd,
    ):
        await create(world, _USERS, len(_USERS))
        await crowd.until_acked(len(_USERS))
        yield world, crowd


def stage_env(services: Services, ports: Iterator[int]) -> dict[str, str]:
    """With a session that outlasts a suspension while the topic is filled."""
    env = program_env(services, ports)
    # It is suspended while the topic is filled, longer than the tests' session time-out.
    return {**env, "KAFKA_SESSION_TIMEOUT_MS": "45000", "KAFKA_TOPIC_PARTITIONS": "12"}


async def _rate(module: str, services: Services, ports: Iterator[int]) -> dict[str, float]:
    env = stage_env(services, ports)
    program = Program(module, f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
    count = _COUNT[module]
    async with _stage(env, program) as (world, crowd):
        program.suspend()
        await create(world, _USERS, count)
        events = crowd.events
        began = time.perf_counter()
        program.resume()
        await crowd.until_acked(len(_USERS) + count)
        took = time.perf_counter() - began
        await world.all_committed()
    return {"acked_per_s": count / took, "per_event": count / (crowd.events - events)}


async def _latency(rate: float, services: Services, ports: Iterator[int]) -> dict[str, float]:
    env = stage_env(services, ports)
    program = Program("delivery", f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
    step = 0.02
    async with _stage(env, program) as (world, crowd):
        crowd.latencies.clear()
        began, created = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - began) < 5:
            due = int(elapsed * rate) - created
            if due < rate * step:
                await asyncio.sleep(step / 4)
                continue
            await create(world, _USERS, due)
            created += due
        await crowd.until_acked(len(_USERS) + created)
        took = time.perf_counter() - began
    quantiles = statistics.quantiles(crowd.latencies, n=100)
    return {
        "load_per_s": created / took,
        "p50_ms": quantiles[49] * 1000,
        "p99_ms": quantiles[98] * 1000,
    }


async def create(world: World, users: Sequence[str], count: int) -> None:
    """In the inbox and on the topic, spread over the users, with the time in their data."""
    for start in range(0, count, _CHUNK):
        documents = [
            world.document(users[number % len(users)], data=json.dumps({"sent": time.time()}))
            for number in range(start, min(start + _CHUNK, count))
        ]
        await world.inbox.insert_many(documents)
        await world.publish(*documents)
