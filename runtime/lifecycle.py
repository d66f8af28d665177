"""The life of a process: it starts, serves until it gets a signal, and stops in order.

    start ──► serve ── SIGTERM, SIGINT ──► drain ──► stop the server ──► flush ──► end ──► exit 0
                └───── a part dies ────────────────► stop the server ────────────► end ──► exit 1

The process exits with 2 when a setting is bad (see `runtime.settings`), and with 3, which is
uvicorn's own status, when its port is taken. `LastResort` ends it if it does not stop in time.
"""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvloop

from runtime.http_server import HttpServer
from runtime.last_resort import LastResort
from runtime.logs import flush_logs
from runtime.stop_signals import StopSignals

_log = logging.getLogger(__name__)

#: How long background tasks may take to end. This and the server's grace period must add up to less
#: than 10 s, because supervisors usually kill a process after that time.
_END_SECONDS = 4.0
#: How long stopping may take in all, apart from the drain. After that, the process ends by force.
_STOP_SECONDS = 12.0
#: Thresholds of the garbage collector. It scans the youngest objects after 10,000 new ones, the
#: middle-aged ones after 10 such scans, and all objects after 10 scans of those. With Python's
#: defaults, 700, 10 and 10, the new objects of a single request would be enough for a scan.
_COLLECT_AFTER = (10_000, 10, 10)

Work = Callable[[], Coroutine[Any, Any, None]]


class BackgroundTaskCancelledError(Exception):
    """A background task was cancelled, although nobody had asked for that."""


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
    drain_seconds: float = 0.0
    """How long the drain may take. The other steps have 12 s more before the process ends by
    force."""
    flush: Callable[[], Awaitable[None]] = _nothing
    """Writes the remaining data after the last request, while background tasks still run."""
    collect_after: tuple[int, int, int] = _COLLECT_AFTER
    """The thresholds of the garbage collector, see `gc.set_threshold`."""


def run(start: Callable[[], Program]) -> int:
    """Run a program as this process, from start to end. Return the exit status.

    Calls `start` inside the event loop, because the parts of a program need one.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_started(start))
    finally:
        flush_logs()


async def live(program: Program, on_stop: Callable[[], None] = lambda: None) -> int:
    """Run a program until SIGTERM or SIGINT, or until a part of it dies.

    Calls `on_stop` when the end begins. Returns the exit status: 0 after a signal, 1 if a part has
    died.
    """
    with StopSignals(program.server) as signals:
        serving = asyncio.create_task(program.server.serve(), name="server")
        died = False
        try:
            await _work(program, serving, signals.arrived, on_stop)
        except ExceptionGroup:
            _log.critical("background task died", exc_info=True)
            died = True
        # After a part has died, the server still answers open requests, within its grace period.
        await _stop(program.server, serving)
        await program.close()
        _log.info("stopped")
        return int(died)


async def _started(start: Callable[[], Program]) -> int:
    program = start()
    _collect_less(program.collect_after)
    last_resort = LastResort(program.drain_seconds + _STOP_SECONDS)
    return await live(program, last_resort.begin)


async def _work(
    program: Program,
    serving: asyncio.Task[None],
    stop: asyncio.Event,
    on_stop: Callable[[], None],
) -> None:
    """Run the background tasks until a signal, then drain, stop the server, and flush.

    Raises `ExceptionGroup` if a part dies, before or after the signal. By then, all other
    background tasks have ended.
    """
    try:
        async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as group:
            watch = partial(_result_of, serving)
            group.create_task(_part("server", watch, on_stop), name="server watch")
            work = program.background.items()
            tasks = [
                group.create_task(_part(name, make, on_stop), name=name) for name, make in work
            ]
            await stop.wait()
            on_stop()
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


async def _part(name: str, work: Work, on_death: Callable[[], None]) -> None:
    """Do the work of a background task, and call `on_death` if it dies.

    Raises `BackgroundTaskCancelledError` if the task was cancelled from inside: a library may raise
    the cancellation of one of its own tasks. The task group would take that cancellation for the
    end of a cancelled task, and the process would keep running without this part.
    """
    try:
        await work()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        on_death()
        raise BackgroundTaskCancelledError(f"{name}: cancelled from inside") from error
    except Exception:
        on_death()
        raise


async def _result_of(serving: asyncio.Task[None]) -> None:
    """Wait for the server to end, and raise its error. Cancelling this does not stop the server."""
    await asyncio.wait((serving,))
    serving.result()


async def _stop(server: HttpServer, serving: asyncio.Task[None]) -> None:
    """Stop the server once open requests are done or its grace period is over. Idempotent."""
    server.should_exit = True
    await asyncio.wait((serving,))


def _collect_less(thresholds: tuple[int, int, int]) -> None:
    """Exclude the program's own objects from garbage collection, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*thresholds)
