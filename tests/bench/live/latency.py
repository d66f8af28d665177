"""The time from just before the insert into MongoDB until the client's ack."""

import asyncio

from tests.bench.live import cpu, driver
from tests.bench.live.stage import Figures, Place, stage, user_ids

_RATE_SECONDS = 5.0
_LOAD_SECONDS = 8.0
_SETTLE_SECONDS = 2.0
_IDLE_SECONDS = 4.0
_IDLE_SAMPLES = 300
_PERCENTILES = ("p50_ms", "p99_ms")


async def half_load(place: Place, count: int) -> Figures:
    """Measure the closed loop's rate, and then the latencies at half of it."""
    async with stage(place, user_ids(count)) as on:
        async with driver.closed_loop(on.world, on.crowd):
            await asyncio.sleep(_RATE_SECONDS / 2)
            full = await cpu.over(on.crowd, {}, _RATE_SECONDS)
        await on.crowd.until_ready(count)
        await on.crowd.do("measure")
        interval = cpu.Interval(on.crowd, on.pids)
        await driver.open_loop(on.world, on.crowd, full["acked_per_s"] / 2, _LOAD_SECONDS)
        load = interval.figures()
        times = await on.crowd.do("figures")
    return {**{name: times[name] for name in _PERCENTILES}, **load}


async def idle(place: Place, count: int) -> Figures:
    """Measure the latencies of one notification at a time, with this many users connected.

    Before that, the instance is idle for some seconds, to measure the CPU time of idling.
    """
    async with stage(place, user_ids(count)) as on:
        await asyncio.sleep(_SETTLE_SECONDS)
        before = cpu.cpu_seconds(on.program.pid)
        await asyncio.sleep(_IDLE_SECONDS)
        idling = (cpu.cpu_seconds(on.program.pid) - before) / _IDLE_SECONDS
        await on.crowd.do("measure")
        for number in range(_IDLE_SAMPLES):
            await driver.create(on.world, [on.crowd.users[number % count]])
            await on.crowd.until_acked(count + number + 1)
        times = await on.crowd.do("figures")
    return {**{name: times[name] for name in _PERCENTILES}, "idling_cpu_ms_per_s": idling * 1000}
