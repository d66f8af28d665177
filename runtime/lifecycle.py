"""The life of a process: it starts, serves until it gets a signal, and stops in order.

    start ──► serve ── SIGTERM, SIGINT ──► drain ──► stop the server ──► flush ──► end ──► exit 0
                └───── a part dies ────────────────► stop the server ────────────► end ──► exit 1

The process exits with 2 when a setting is bad (see `runtime.settings`), and with 3, which is
uvicorn's own status, when its port is taken.
"""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import uvloop

from runtime.http_server import HttpServer
from runtime.stop_signals import StopSignals

_log = logging.getLogger(__name__)

#: How long background tasks may take to end. This and the server's grace period must add up to less
#: than 10 s, because supervisors usually kill a process after that time.
_END_SECONDS = 4.0
#: Thresholds of the garbage collector. It scans the youngest objects after 10,000 new ones, the
#: middle-aged ones after 10 such scans, and all objects after 10 scans of those. Python's defaults
#: are 700, 10 and 10, with which the new objects of one request are enough for a scan.
_COLLECT_AFTER = (10_000, 10, 10)

Work = Callable[[], Coroutine[Any, Any, None]]


async def _nothing() -> None:
    """Do nothing. This is the default for steps that a program does not need."""


@dataclass(frozen=True, slots=True)
class Program:
    """The parts of a process: an HTTP server, background tasks, and the steps of stopping."""

    server: HttpServer
    background: Mapping[str, Work]
    """The background tasks, by name. An exception in any of them ends the process."""
    close: Callable[[], Awaitable[None]]
    """Closes connections once nothing uses them."""
    drain: Callable[[], Awaitable[None]] = _nothing
    """Finishes the clients' work or hands it over, while everything still runs."""
    flush: Callable[[], Awaitable[None]] = _nothing
    """Writes the remaining data after the last request, while background tasks still run."""
    collect_after: tuple[int, int, int] = _COLLECT_AFTER
    """The thresholds of the garbage collector, see `gc.set_threshold`."""


def run(start: Callable[[], Program]) -> int:
    """Run a program as this process, from start to end. Return the exit status.

    Calls `start` inside the event loop, because the parts of a program need one.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_started(start))


async def live(program: Program) -> int:
    """Run a program until SIGTERM or SIGINT, or until a part of it dies.

    Returns the exit status: 0 after a signal, 1 after a death.
    """
    with StopSignals(program.server) as signals:
        serving = asyncio.create_task(program.server.serve(), name="server")
        died = False
        try:
            await _work(program, serving, signals.arrived)
        except ExceptionGroup:
            _log.critical("background task died", exc_info=True)
            died = True
        # After a death, the server still answers open requests, within its own grace period.
        await _stop(program.server, serving)
        await program.close()
        _log.info("stopped")
        return int(died)


async def _started(start: Callable[[], Program]) -> int:
    program = start()
    _collect_less(program.collect_after)
    return await live(program)


async def _work(program: Program, serving: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Run the background tasks until a signal, then drain, stop the server, and flush.

    Raises `ExceptionGroup` if a part dies, before or after the signal. By then, all other
    background tasks have ended.
    """
    try:
        async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as group:
            group.create_task(_result_of(serving), name="server watch")
            work = program.background.items()
            tasks = [group.create_task(make(), name=name) for name, make in work]
            await stop.wait()
            _log.info("stopping")
            await program.drain()
            await _stop(program.server, serving)
            await program.flush()
            for task in tasks:
                task.cancel()
            limit.reschedule(asyncio.get_running_loop().time() + _END_SECONDS)
    except TimeoutError:
        # The time limit has cancelled the tasks a second time, which interrupted their clean-up.
        _log.warning("background tasks ended late", extra={"seconds": _END_SECONDS})


async def _result_of(serving: asyncio.Task[None]) -> None:
    """Wait for the server to end, and raise its error. Cancelling this does not stop the server."""
    await asyncio.wait((serving,))
    serving.result()


async def _stop(server: HttpServer, serving: asyncio.Task[None]) -> None:
    """Stop the server after its open requests or its grace period. May be called again."""
    server.should_exit = True
    await asyncio.wait((serving,))


def _collect_less(thresholds: tuple[int, int, int]) -> None:
    """Exclude the program's own objects from garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*thresholds)
