"""`python -m tests.campaign`: fuzzes and breaks things for as long as asked, and prints tables.

It is the main file of a package, because each fork of `tests.services.forks` would import another.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.paths import ROOT
from deploy.local.ports import free_ports
from tests.cluster import campaign
from tests.cluster.table import summary_of, table_of
from tests.fuzz import frame_fuzzer, record_fuzzer
from tests.fuzz.limits import Limits, Outcome
from tests.services.local import local_services
from tests.services.parts import Services

Fuzz = Callable[[Services, Iterator[int], Limits, int], Awaitable[Outcome]]
#: The fuzzers run one after the other. Each starts its own instance; all use one Kafka and MongoDB.
FUZZERS: dict[str, Fuzz] = {"records": record_fuzzer.fuzz, "frames": frame_fuzzer.fuzz}
#: The part of the campaign that makes the processes of a cluster fail.
_CLUSTER = "cluster"
_PARTS = (*FUZZERS, _CLUSTER)
_FOLDER = ROOT / ".local" / "campaign"
_FIRST_PORT = 19_000


def main() -> int:
    """Run the parts. Return 1 if one found a problem, or if something held the event loop."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"default: all of {', '.join(_PARTS)}")
    parser.add_argument("--inputs", type=int, default=10_000, help="at most so many, each fuzzer")
    parser.add_argument("--seconds", type=float, default=600, help="at most so long, each part")
    parser.add_argument("--seed", type=int, default=0, help="of the first input, and of the faults")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(_PARTS):
        parser.error(f"unknown: {', '.join(unknown)}; expected some of {', '.join(_PARTS)}")
    parts = options.parts or _PARTS
    console = Console(width=None if sys.stdout.isatty() else 140)
    status = 0
    if chosen := [FUZZERS[name] for name in parts if name in FUZZERS]:
        status |= _fuzz(chosen, options, console)
    if _CLUSTER in parts:
        status |= _break_the_cluster(options, console)
    return status


def _fuzz(chosen: list[Fuzz], options: argparse.Namespace, console: Console) -> int:
    outcomes = asyncio.run(_run(chosen, options.inputs, options.seconds, options.seed))
    console.print(_table(outcomes))
    for outcome in outcomes:
        for turn in outcome.held:
            console.print(f"{outcome.fuzzer}: {turn}", markup=False)
        for problem in outcome.problems:
            console.print(f"{outcome.fuzzer}: {problem}", markup=False)
    return int(any(outcome.problems or outcome.held for outcome in outcomes))


def _break_the_cluster(options: argparse.Namespace, console: Console) -> int:
    # aiokafka would log each attempt to reach a broker that is down.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    ports = free_ports(_FIRST_PORT)
    seconds, seed = options.seconds, options.seed
    outcome = asyncio.run(campaign.run(_FOLDER / _CLUSTER, ports, seconds, seed, say))
    for problem in outcome.problems:
        say(problem)
    console.print(table_of(outcome))
    say(summary_of(outcome))
    return int(bool(outcome.problems))


async def _run(fuzzers: list[Fuzz], inputs: int, seconds: float, seed: int) -> list[Outcome]:
    ports = free_ports(_FIRST_PORT)
    with tempfile.TemporaryDirectory() as folder:
        async with local_services(Path(folder), ports) as services:
            return [await fuzz(services, ports, Limits(inputs, seconds), seed) for fuzz in fuzzers]


def _table(outcomes: list[Outcome]) -> Table:
    late = ("turns of 0.1 s", "held", "computed", "longest held")
    table = Table("fuzzer", "seeds", "inputs", "refused", "seconds", *late, "problems")
    for outcome in outcomes:
        table.add_row(
            outcome.fuzzer,
            f"{outcome.seed} to {outcome.seed + outcome.inputs - 1}",
            f"{outcome.inputs:,}",
            f"{outcome.refused:,}",
            f"{outcome.seconds:.0f}",
            f"{len(outcome.late):,}",
            f"{len(outcome.held):,}",
            f"{len(outcome.computed):,}",
            f"{max((turn.held for turn in outcome.late), default=0)} ms",
            str(len(outcome.problems)),
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
