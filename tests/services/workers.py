"""The workers of a program, as its log names them."""

import os
import signal

from deploy.local.program import is_ready
from tests.services.program import Program
from tests.services.waiting import eventually


def pids_of(program: Program) -> dict[int, int]:
    """Return the process id of each worker's last start, by its number."""
    started = [event for event in program.events if event["event"] == "worker started"]
    return {event["worker"]: event["pid"] for event in started}


async def replaced(program: Program, worker: int, number: signal.Signals) -> None:
    """Send a worker a signal that ends it, and wait until its successor is ready."""
    pid = pids_of(program)[worker]
    os.kill(pid, number)

    async def is_started_again() -> bool:
        return pids_of(program)[worker] != pid

    await eventually(is_started_again)
    await eventually(lambda: is_ready(program.url))
