"""Measures what the machine room costs the pipeline: the same load with and without a console.

The console is the real one, with an open page. Once a second, it asks the instance for `/readyz`
and `/status`, and Kafka for the group's offsets. It also reads the three topics, so the figures
include the CPU time that Kafka spends on this reader. They do not include the producer API, because
the console calls it only when somebody searches.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.live import cpu, driver
from tests.bench.live.stage import Figures, Place, Stage, stage, user_ids
from tests.deploy.console.river_reader import river_of
from tests.services.http import http_client
from tests.services.program import Program, running
from tests.services.tokens import reader_token

_RATE_SECONDS = 3.0
#: The load's rate, as a share of the closed loop's. It leaves enough CPU time for the console.
_SHARE = 0.5
_SECONDS, _ROUNDS = 5.0, 4
_SETTLE_SECONDS = 1.0
_PIPELINE = ("delivery", "mongod+creates", "kafka+creates")

_Cpu = Counter[str]


async def console(place: Place, count: int) -> Figures:
    """Measure both cases in turns, so that both suffer equally if the machine becomes slower."""
    spent: dict[bool, _Cpu] = {False: Counter(), True: Counter()}
    async with stage(place, user_ids(count)) as on:
        rate = await _rate(on)
        for turn in range(2 * _ROUNDS):
            # The order is: without a console, with, with, without, and so on.
            if is_watched := turn % 4 in (1, 2):
                async with _watching(on) as room:
                    spent[True] += await _spent(on, rate, console=room.pid)
            else:
                spent[is_watched] += await _spent(on, rate)
    return _figures(spent[False], spent[True])


async def _rate(on: Stage) -> float:
    async with driver.closed_loop(on.world, on.crowd):
        await asyncio.sleep(_RATE_SECONDS)
        full = await cpu.over(on.crowd, {}, _RATE_SECONDS)
    await on.crowd.until_ready(len(on.crowd.users))
    return full["acked_per_s"] * _SHARE


@asynccontextmanager
async def _watching(on: Stage) -> AsyncIterator[Program]:
    """Run a console with one open page."""
    port = str(next(on.place.ports))
    env = on.env | {"CONSOLE_PORT": port, "CONSOLE_READ_BACK": "0"}
    room = Program("deploy.console", f"http://127.0.0.1:{port}", env)
    headers = {"Authorization": f"Bearer {reader_token()}"}
    async with (
        running(room),
        http_client(room.url, headers=headers) as visitor,
        river_of(visitor) as river,
    ):
        await river.until(lambda: bool(river.lanes))
        await asyncio.sleep(_SETTLE_SECONDS)
        yield room


async def _spent(on: Stage, rate: float, **more_pids: int) -> _Cpu:
    """Run the load. Return the CPU seconds of each process, and the number of notifications."""
    pids = {**on.pids, **more_pids}
    before = {name: cpu.cpu_seconds(pid) for name, pid in pids.items()}
    acked = on.crowd.acked
    await driver.open_loop(on.world, on.crowd, rate, _SECONDS)
    spent = Counter({name: cpu.cpu_seconds(pid) - before[name] for name, pid in pids.items()})
    return spent + Counter({"acked": on.crowd.acked - acked})


def _figures(without: _Cpu, watched: _Cpu) -> Figures:
    """Return the CPU time per notification without a console, and how much a console adds to it.

    CPU times are in µs, and what a console adds is in percent.
    """
    plain = {name: without[name] / without["acked"] for name in _PIPELINE}
    more = {name: watched[name] / watched["acked"] for name in _PIPELINE}
    return {
        "acked_per_s": without["acked"] / (_ROUNDS * _SECONDS),
        **{f"{name}_us": plain[name] * 1e6 for name in _PIPELINE},
        **{f"{name}_more_%": (more[name] / plain[name] - 1) * 100 for name in _PIPELINE},
        "pipeline_more_%": (sum(more.values()) / sum(plain.values()) - 1) * 100,
        "console_us": watched["console"] / watched["acked"] * 1e6,
    }
