"""`python -m tests.bench`: starts its own stacks, measures them, and prints a table.

It also writes the figures to .local/bench.json. The benchmarks need an idle machine.
`python -m tests.bench creates` measures only creates, in three minutes, and writes no file.
`python -m tests.bench workers` measures only creates by one worker and by two.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.ports import free_ports
from tests.bench import tracker
from tests.bench.create_to_ack import create_to_ack
from tests.bench.create_to_browser import create_to_browser
from tests.bench.creates import Rows, creates
from tests.bench.inbox_ui import inbox_ui
from tests.bench.large_inbox import large_inbox
from tests.bench.live import cases
from tests.bench.live.stage import Place
from tests.bench.relay import relay
from tests.bench.scaling import scaling
from tests.bench.throughput import throughput
from tests.bench.workers import workers
from tests.services.env import program_env
from tests.services.local import local_services
from tests.services.parts import Services
from tests.services.program import Program, running

_COUNT = 100
_RESULTS = ROOT / ".local" / "bench.json"


async def _measure_part(
    part: Callable[[Services, Iterator[int]], Awaitable[Rows]],
) -> Rows:
    ports = free_ports(20_000 + os.getpid() * 50 % 12_000)
    with tempfile.TemporaryDirectory() as folder:
        async with local_services(Path(folder), ports) as services:
            return await part(services, ports)


async def _measure() -> Rows:
    ports = free_ports(20_000 + os.getpid() * 50 % 12_000)
    results = {"tracker": tracker.measure()}
    with tempfile.TemporaryDirectory() as folder:
        async with local_services(Path(folder) / "services", ports) as services:
            env = program_env(services, ports)
            api = Program("producer_api", f"http://127.0.0.1:{env['PRODUCER_API_PORT']}", env)
            delivery = Program("delivery", f"http://127.0.0.1:{env['DELIVERY_PORT']}", env)
            async with running(api, delivery):
                results["create to ack"] = await create_to_ack(api.url, delivery.url, _COUNT)
            results |= await creates(services, ports)
            results |= await workers(services, ports)
            results["inbox of 100,000"] = await large_inbox(services, ports)
            results |= await throughput(services, ports)
            results |= await scaling(services, ports)
            results |= await relay(services, ports)
            results |= await cases.measure(Place(services, ports), list(cases.CASES))
        results["create to browser"] = await create_to_browser(Path(folder) / "stack", ports)
        results["UI, inbox of 10,000"] = await inbox_ui(Path(folder) / "ui", ports)
    return results


def main() -> None:
    """Run all benchmarks and write the JSON file, or run only one part. Print a table."""
    match sys.argv[1:]:
        case []:
            results = asyncio.run(_measure())
            _RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        case ["creates"]:
            results = asyncio.run(_measure_part(creates))
        case ["workers"]:
            results = asyncio.run(_measure_part(workers))
        case arguments:
            unknown = " ".join(arguments)
            sys.exit(f"unknown argument: {unknown}; give none, `creates` or `workers`")
    for name, figures in results.items():
        values = "  ".join(f"{key} {value:,.2f}" for key, value in figures.items())
        sys.stdout.write(f"{name:<38} {values}\n")


if __name__ == "__main__":
    main()
