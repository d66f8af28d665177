"""Cases with many sockets: a join and a kill of an instance, its memory, and a reconnect of all."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.live import cpu, driver
from tests.bench.live.crowd import Crowd
from tests.bench.live.loop_probe import LoopProbe
from tests.bench.live.stage import Figures, Place, Stage, instance, stage, user_ids
from tests.services.env import discard
from tests.services.program import running
from tests.services.world import World

_WATCHED = 100
_EVERY_SECONDS = 0.1
_JOIN_SECONDS = 8.0
_SESSION_SECONDS = 6.0
_KILL_SECONDS = _SESSION_SECONDS + 5
_IDLE_SECONDS = 3.0
_STORM_SECONDS = 5.0


async def join_and_kill(place: Place, count: int) -> Figures:
    """Start a second instance, which takes half of the partitions, and then kill it.

    All sockets stay connected to the first instance.
    """
    timeout = f"{_SESSION_SECONDS * 1000:.0f}"
    async with stage(place, user_ids(count), KAFKA_SESSION_TIMEOUT_MS=timeout) as on:
        second = instance(on.env | {"DELIVERY_PORT": str(next(place.ports))})
        figures: Figures = {}
        try:
            async with _traffic(on):
                async with _watched(on, "join", figures):
                    await second.start()
                    await asyncio.sleep(_JOIN_SECONDS)
                async with _watched(on, "kill", figures):
                    await second.kill()
                    await asyncio.sleep(_KILL_SECONDS)
        finally:
            await second.kill()
        return figures


@asynccontextmanager
async def _traffic(on: Stage) -> AsyncIterator[None]:
    """Every 100 ms, create a notification for each of 100 users who have acked the last one."""
    on.crowd.ready.extend(range(_WATCHED))
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(driver.every(_EVERY_SECONDS, on.world, on.crowd))
        yield
        task.cancel()


@asynccontextmanager
async def _watched(on: Stage, change: str, figures: Figures) -> AsyncIterator[None]:
    """Measure the longest time without an arrival, and how long the event loop was blocked."""
    await on.crowd.do("measure")
    async with LoopProbe.on(on.program) as probe:
        yield
    seen = await on.crowd.do("figures")
    seen = {name: seen[name] for name in ("longest_gap_s", "reconnects")} | probe.figures
    figures.update({f"{change}_{name}": value for name, value in seen.items()})


async def memory(place: Place, count: int) -> Figures:
    """Return an instance's resident memory without sockets and with this many idle ones.

    Also returns the CPU time that the instance spends on connecting one client.
    """
    env = place.env()
    program = instance(env)
    async with World.opened(env), running(program):
        empty, before = cpu.resident_kib(program.pid), cpu.cpu_seconds(program.pid)
        async with Crowd.connected([program.url], user_ids(count)) as crowd:
            connecting = cpu.cpu_seconds(program.pid) - before
            await asyncio.sleep(_IDLE_SECONDS)
            full = cpu.resident_kib(program.pid)
            connected = crowd.connected_seconds
        await program.kill()
    await discard(env)
    return {
        "connected_s": connected,
        "connect_us": connecting / count * 1e6,
        "empty_kib": empty,
        "full_kib": full,
        "per_socket_kib": (full - empty) / count,
    }


async def storm(place: Place, count: int) -> Figures:
    """Cut all connections, and create a notification for each user. The clients return within 5 s.

    Returns the time until the last client has acknowledged its notification, among other figures.
    """
    async with stage(place, user_ids(count)) as on:
        interval = cpu.Interval(on.crowd, {"delivery": on.program.pid})
        began = time.perf_counter()
        async with LoopProbe.on(on.program) as probe, asyncio.TaskGroup() as tasks:
            reconnect = tasks.create_task(on.crowd.do("reconnect", within=_STORM_SECONDS))
            await driver.create_all(on.world, list(on.crowd.users))
            await on.crowd.until_acked(2 * count)
            served = time.perf_counter() - began
        return {
            "all_connected_s": reconnect.result()["connected_s"],
            "all_served_s": served,
            "delivery_us": interval.figures()["delivery_us"],
            **probe.figures,
        }
