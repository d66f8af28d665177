"""One instance compared with two: rates, hops, hand-overs, and five thousand idle sockets."""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from tests.bench.socket_clients import Crowd
from tests.bench.throughput import create, stage_env
from tests.services.parts import Services
from tests.services.program import Program, running
from tests.services.waiting import eventually
from tests.services.world import World

_USERS = [f"user-{number}" for number in range(100)]
_COUNT = 60_000
_IDLE_SOCKETS = 5_000
_HOP_SAMPLES = 200
_SEND_EVERY_SECONDS = 0.1
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


async def scaling(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Return all figures. Instances, Kafka, MongoDB and the clients share this machine's cores."""
    results = {f"{count} instance(s)": await _rate(count, services, ports) for count in (1, 2)}
    results |= await _hop(services, ports)
    results |= await _hand_overs(services, ports)
    results["idle sockets"] = await _idle(services, ports)
    return results


def _instances(env: dict[str, str], count: int, ports: Iterator[int]) -> list[Program]:
    environments = [env | {"DELIVERY_PORT": str(next(ports))} for _ in range(count)]
    return [
        Program("delivery", f"http://127.0.0.1:{own['DELIVERY_PORT']}", own) for own in environments
    ]


async def _rate(count: int, services: Services, ports: Iterator[int]) -> dict[str, float]:
    env = stage_env(services, ports)
    instances = _instances(env, count, ports)
    urls = [instance.url for instance in instances]
    async with (
        World.opened(env) as world,
        running(*instances),
        Crowd.connected(urls, _USERS) as crowd,
    ):
        await create(world, _USERS, len(_USERS))
        await crowd.until_acked(len(_USERS))
        before = [await _metrics(url) for url in urls]
        for instance in instances:
            instance.suspend()
        await create(world, _USERS, _COUNT)
        began = time.perf_counter()
        for instance in instances:
            instance.resume()
        await crowd.until_acked(len(_USERS) + _COUNT)
        took = time.perf_counter() - began
        after = [await _metrics(url) for url in urls]
    pushes, hops = (
        sum(new[name] - old[name] for old, new in zip(before, after, strict=True))
        for name in ("delivery_pushes_total", "delivery_hops_total")
    )
    return {"acked_per_s": _COUNT / took, "hop_share": hops / pushes}


async def _hop(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Return publish-to-ack times for a socket at the owner and for one at another instance.

    Publishes one notification at a time.
    """
    env = stage_env(services, ports)
    instances = _instances(env, 2, ports)
    (user,) = _USERS[:1]
    figures = {}
    async with World.opened(env) as world, running(*instances):
        for instance in instances:
            async with Crowd.connected([instance.url], [user]) as crowd:
                await create(world, [user], 1)
                await crowd.until_acked(1)
                crowd.latencies.clear()
                hops = await _hops(instances)
                for number in range(_HOP_SAMPLES):
                    await create(world, [user], 1)
                    await crowd.until_acked(2 + number)
                name = "one hop" if await _hops(instances) > hops else "at the owner"
                figures[f"publish to ack, {name}"] = {
                    "median_ms": statistics.median(crowd.latencies) * 1000,
                    "p99_ms": statistics.quantiles(crowd.latencies, n=100)[98] * 1000,
                }
    return figures


async def _hops(instances: list[Program]) -> float:
    return sum([(await _metrics(instance.url))["delivery_hops_total"] for instance in instances])


async def _hand_overs(services: Services, ports: Iterator[int]) -> dict[str, dict[str, float]]:
    """Return the longest pause between two arrivals that any of 24 users had, for each hand-over.

    During the hand-overs, each user gets a notification every 100 ms.
    """
    env = stage_env(services, ports) | {"KAFKA_SESSION_TIMEOUT_MS": "6000"}
    staying, changing = _instances(env, 2, ports)
    users = _USERS[:24]
    results = {}
    async with (
        World.opened(env) as world,
        running(staying),
        Crowd.connected([staying.url], users) as crowd,
        asyncio.TaskGroup() as tasks,
    ):
        send_task = tasks.create_task(_send_regularly(world, users))
        for name, change, watched_seconds in (
            ("join", changing.start, 3),
            ("leave", changing.stop, 3),
            ("join again", changing.start, 3),
            ("kill (session timeout 6 s)", changing.kill, 9),
        ):
            crowd.start_gaps()
            await change()
            await asyncio.sleep(watched_seconds)
            results[f"hand-over: {name}"] = {"longest_pause_s": crowd.longest_gap()}
        send_task.cancel()
    return results


async def _send_regularly(world: World, users: list[str]) -> None:
    while True:
        await create(world, users, len(users))
        await asyncio.sleep(_SEND_EVERY_SECONDS)


async def _idle(services: Services, ports: Iterator[int]) -> dict[str, float]:
    """Return the cost of 5,000 idle sockets, and of moving half of the partitions.

    All users connect to one instance; then a second instance joins.
    """
    env = stage_env(services, ports)
    first, second = _instances(env, 2, ports)
    users = [f"idle-{number}" for number in range(_IDLE_SOCKETS)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(World.opened(env))
        await stack.enter_async_context(running(first))
        empty = _resident_bytes(first)
        began = time.perf_counter()
        await stack.enter_async_context(Crowd.connected([first.url], users))
        connected = time.perf_counter() - began
        full = _resident_bytes(first)
        await second.start_unready()
        stack.push_async_callback(second.stop)
        began = time.perf_counter()

        async def moved() -> float:
            try:
                return (await _metrics(second.url))["delivery_subscriptions"]
            except httpx.TransportError:
                return 0

        async def has_some() -> bool:
            return bool(await moved())

        async def has_all() -> bool:
            stayed = (await _metrics(first.url))["delivery_subscriptions"]
            return stayed + await moved() == _IDLE_SOCKETS

        # Measure the move from the second instance's first subscription, to leave out the time in
        # which that instance starts.
        await eventually(has_some, within=60)
        until_first = time.perf_counter() - began
        await eventually(has_all, within=60)
        return {
            "sockets": _IDLE_SOCKETS,
            "connected_s": connected,
            "kib_per_socket": (full - empty) / _IDLE_SOCKETS / 1024,
            "join_until_first_subscribed_s": until_first,
            "then_until_all_subscribed_s": time.perf_counter() - began - until_first,
        }


def _resident_bytes(program: Program) -> int:
    return int(Path(f"/proc/{program.pid}/statm").read_text().split()[1]) * _PAGE_BYTES


async def _metrics(url: str) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}
