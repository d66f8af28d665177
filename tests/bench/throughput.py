"""Acknowledged deliveries per second of one instance, compared with the naive loop."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from tests.bench.socket_clients import Crowd
from tests.services.env import program_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(100)]
_OURS, _NAIVE = "delivery", "tests.bench.naive_delivery"
_COUNT = {_OURS: 60_000, _NAIVE: 2_000}
_CHUNK = 2_000


async def throughput(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Return the rates of delivery and the naive loop, their ratio, and the latency at half load.

    The latency is that of delivery, and half load is half of delivery's rate.
    """
    rates = {module: await _rate(module, services, ports) for module in _COUNT}
    ours, naive = rates[_OURS]["acked_per_s"], rates[_NAIVE]["acked_per_s"]
    half = await _latency(ours / 2, services, ports)
    return {
        "one instance": rates[_OURS],
        "naive loop": rates[_NAIVE],
        "ratio": {"times": ours / naive},
        "at half that load": half,
    }


@asynccontextmanager
async def _stage(env: dict[str, str], program: Program) -> AsyncIterator[tuple[World, Crowd]]:
    """Run the program with all users connected and live, after one delivery to each."""
    async with (
        World.opened(env) as world,
        running(program),
        Crowd.connected([program.url], _USERS) as crowd,
    ):
        await create(world, _USERS, len(_USERS))
        await crowd.until_acked(len(_USERS))
        yield world, crowd


def stage_env(services: Services, ports: Iterator[int]) -> dict[str, str]:
    """Return the environment of a program that is suspended while the topic is filled.

    The session timeout is longer than the suspension, so that the program stays in the group.
    """
    env = program_env(services, ports)
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
    program = Program(_OURS, f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
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
    """Create notifications in MongoDB and on the topic, spread over the users.

    The data of each notification contains the time, from which the clients compute the latency.
    """
    for start in range(0, count, _CHUNK):
        documents = [
            world.document(users[number % len(users)], data=json.dumps({"sent": time.time()}))
            for number in range(start, min(start + _CHUNK, count))
        ]
        await world.inbox.insert_many(documents)
        await world.publish(*documents)
