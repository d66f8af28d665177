"""`python -m tests.bench.live [case …]`: measures these cases of the live path, or all of them.

Prints a line of figures for each case, and then the ratios within this run. Figures that end in
`_us` are µs of CPU time for each notification.
"""

import os
import sys
import tempfile
from pathlib import Path

import uvloop

from deploy.local.ports import free_ports
from tests.bench.live.cases import CASES, measure
from tests.bench.live.stage import Figures, Place
from tests.services.local import local_services


async def _run(names: list[str]) -> bool:
    ports = free_ports(20_000 + os.getpid() * 50 % 12_000)
    with tempfile.TemporaryDirectory() as folder:
        async with local_services(Path(folder), ports) as services:
            results = await measure(Place(services, ports), names, _print)
    return results.keys() >= set(names)


def _print(name: str, figures: Figures) -> None:
    values = "  ".join(f"{key} {value:,.2f}" for key, value in figures.items())
    sys.stdout.write(f"{name:<38} {values}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure the cases that the command line names. Exit with 1 if one failed."""
    names = sys.argv[1:] or list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        sys.exit(f"unknown case: {', '.join(unknown)}; choose from {', '.join(CASES)}")
    sys.exit(0 if uvloop.run(_run(names)) else 1)


if __name__ == "__main__":
    main()
