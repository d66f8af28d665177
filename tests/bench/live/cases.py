"""The cases of the live path by name, and the ratios of their figures."""

import asyncio
import logging
import resource
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from tests.bench.live import changes, console_cost, latency, steady
from tests.bench.live.stage import Figures, Place

Results = dict[str, Figures]

_CASE_SECONDS = 240.0

CASES: Mapping[str, Callable[[Place], Awaitable[Figures]]] = {
    "creates": steady.creates,
    "node-500": partial(steady.node_emit, count=500),
    "node-2000": partial(steady.node_emit, count=2_000),
    "node-10000": partial(steady.node_emit, count=10_000),
    "naive-500": partial(steady.naive, count=500),
    "one-500": partial(steady.one_per_event, count=500),
    "one-2000": partial(steady.one_per_event, count=2_000),
    "one-10000": partial(steady.one_per_event, count=10_000),
    "ten-2000": partial(steady.ten_per_event, count=2_000),
    "burst-2000": partial(steady.burst, count=2_000),
    "burst-10000": partial(steady.burst, count=10_000),
    "latency-2000": partial(latency.half_load, count=2_000),
    "idle-2000": partial(latency.idle, count=2_000),
    "console-2000": partial(console_cost.console, count=2_000),
    "join-kill-10000": partial(changes.join_and_kill, count=10_000),
    "memory-10000": partial(changes.memory, count=10_000),
    "storm-5000": partial(changes.storm, count=5_000),
}

# Each ratio: its name, its numerator and its denominator, the last two as (case, figure).
_RATIOS = (
    ("delivery / Node, CPU, 500 users", ("one-500", "delivery_us"), ("node-500", "node_us")),
    ("delivery / Node, CPU, 2,000 users", ("one-2000", "delivery_us"), ("node-2000", "node_us")),
    ("delivery / Node, CPU, 10,000 users", ("one-10000", "delivery_us"), ("node-10000", "node_us")),
    ("delivery / naive, CPU, 500 users", ("one-500", "delivery_us"), ("naive-500", "delivery_us")),
    ("10,000 / 2,000 users, CPU", ("one-10000", "delivery_us"), ("one-2000", "delivery_us")),
    ("ours / naive, acked/s, 500 users", ("one-500", "acked_per_s"), ("naive-500", "acked_per_s")),
    ("2,000 ours / 500 naive, acked/s", ("one-2000", "acked_per_s"), ("naive-500", "acked_per_s")),
    ("burst / naive, acked/s", ("burst-2000", "acked_per_s"), ("naive-500", "acked_per_s")),
)


async def measure(
    place: Place, names: Sequence[str], report: Callable[[str, Figures], None] = lambda *_: None
) -> Results:
    """Measure the cases in order. Return the figures of those that succeeded, and their ratios.

    A case that fails prints its traceback. The other cases do not depend on it.
    """
    _allow_many_sockets()
    # A new topic has no leader at first, and aiokafka logs a warning for each attempt.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    results: Results = {}
    for name in names:
        try:
            async with asyncio.timeout(_CASE_SECONDS):
                results[name] = await CASES[name](place)
        except Exception:  # noqa: BLE001 - the traceback has the cause
            sys.stderr.write(f"{name} failed\n")
            traceback.print_exc()
        else:
            report(name, results[name])
    for name, above, below in _RATIOS:
        if above[0] in results and below[0] in results:
            ratio = results[above[0]][above[1]] / results[below[0]][below[1]]
            results[name] = {"times": ratio}
            report(name, results[name])
    return results


def _allow_many_sockets() -> None:
    """Raise this process's limit on open files, which its children inherit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
