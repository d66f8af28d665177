"""Steady load, with one notification in flight for each user: ours, the naive loop, and Node."""

import asyncio
import os
import time
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.ports import listening
from deploy.local.process import Process
from producer_api.contract.notification import public_json
from tests.bench.live import cpu, driver
from tests.bench.live.crowd import Crowd
from tests.bench.live.stage import Figures, Place, stage, user_ids
from tests.services.env import discard
from tests.services.world import World

_WARM_UP_SECONDS = 3.0
_SECONDS = 10.0
_NODE_SECONDS = 6.0
_BURST_NOTIFICATIONS = 20_000
_SETTLE_SECONDS = 0.5
_NAIVE = "tests.bench.naive_delivery"
_NODE_SCRIPT = Path(__file__).with_name("node_emit.cjs")
_READY_SECONDS = 30.0


async def one_per_event(place: Place, count: int, module: str = "delivery") -> Figures:
    """Measure the closed loop: a user's next notification follows the ack of the previous one."""
    async with (
        stage(place, user_ids(count), module) as on,
        driver.closed_loop(on.world, on.crowd),
    ):
        await asyncio.sleep(_WARM_UP_SECONDS)
        return await cpu.over(on.crowd, on.pids, _SECONDS)


async def naive(place: Place, count: int) -> Figures:
    """Measure the naive loop. Its process, too, is called `delivery` in the figures."""
    return await one_per_event(place, count, _NAIVE)


async def ten_per_event(place: Place, count: int) -> Figures:
    """Measure events of up to ten notifications: each user has at most ten unacknowledged ones."""
    async with (
        stage(place, user_ids(count)) as on,
        driver.closed_loop(on.world, on.crowd, in_flight=10),
    ):
        await asyncio.sleep(2 * _WARM_UP_SECONDS)
        return await cpu.over(on.crowd, on.pids, _SECONDS)


async def burst(place: Place, count: int) -> Figures:
    """Measure bursts: one notification for each user, all on the topic before delivery resumes.

    The instance is suspended while they are created, so its figures contain no creates. The rate
    counts the time until the last ack; the CPU time also contains the writes and commits after it.
    """
    seconds = 0.0
    async with stage(place, user_ids(count)) as on:
        interval = cpu.Interval(on.crowd, {"delivery": on.program.pid})
        for _ in range(rounds := _BURST_NOTIFICATIONS // count):
            on.program.suspend()
            await driver.create_all(on.world, list(on.crowd.users))
            began, expected = time.perf_counter(), on.crowd.acked + count
            on.program.resume()
            await on.crowd.until_acked(expected)
            seconds += time.perf_counter() - began
            await asyncio.sleep(_SETTLE_SECONDS)
        return interval.figures() | {"acked_per_s": rounds * count / seconds}


async def creates(place: Place) -> Figures:
    """Measure the cost of creates without delivery, in batches like those of the closed loop."""
    env = place.env()
    users = user_ids(driver.BATCH)
    async with World.opened(env) as world:
        await driver.create(world, users)
        before = {name: cpu.cpu_seconds(pid) for name, pid in place.pids.items()}
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < _NODE_SECONDS:
            await driver.create(world, users)
            count += len(users)
        took = time.perf_counter() - began
        costs = {
            f"{name}_us": (cpu.cpu_seconds(pid) - before[name]) / count * 1e6
            for name, pid in place.pids.items()
        }
    await discard(env)
    return {"created_per_s": count / took, **costs}


async def node_emit(place: Place, count: int) -> Figures:
    """Measure Node's socket.io server, which emits a notification to a user at each ack."""
    env = place.env()
    async with World.opened(env) as world:
        notification = public_json(world.document("user-0", data='{"sent": 1234567890.1234567}'))
    await discard(env)
    port = next(place.ports)
    node = Process(
        "node",
        ["node", str(_NODE_SCRIPT)],
        env={
            "PATH": os.environ["PATH"],
            "NODE_PATH": str(ROOT / "frontend" / "node_modules"),
            "PORT": str(port),
            "CLIENTS": str(count),
            "NOTIFICATION": notification.decode(),
        },
    )
    await node.start()
    try:
        await node.until_ready(lambda: listening(port), _READY_SECONDS)
        async with Crowd.connected([f"http://127.0.0.1:{port}"], user_ids(count)) as crowd:
            await asyncio.sleep(_WARM_UP_SECONDS)
            return await cpu.over(crowd, {"node": node.pid}, _NODE_SECONDS)
    finally:
        await node.kill()
