"""The parent: starts the workers, watches them, starts them again, and stops them in order."""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from runtime.logs import flush_logs
from runtime.workers.balance import ACCEPTS_NOTHING
from runtime.workers.channel import ChannelError
from runtime.workers.hub import Hub
from runtime.workers.inherited import Inherited
from runtime.workers.listening import listeners_at
from runtime.workers.metric_sums import Rules
from runtime.workers.roster import GiveUp, Roster
from runtime.workers.shared_memory import SharedMemory
from runtime.workers.worker_process import WorkerProcess

_log = logging.getLogger(__name__)

#: The exit status if the port is taken. A program with one process exits with the same status.
_PORT_TAKEN = 3
_POLL_SECONDS = 1.0
#: The exit statuses of a worker that has stopped as it should: after an orderly end, or if SIGTERM
#: came before the worker handled signals.
_IN_ORDER = {0, -signal.SIGTERM}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the parent waits for a worker, in seconds. Tests shorten it."""

    start: float = 30.0
    """Until the worker's first answer. Before that, it imports the program."""
    answer: float = 15.0
    """Until each later answer. A worker that leaves two in a row unanswered is killed."""
    stop: float = 13.0
    """Until the end of a stopping worker. A program without a drain ends by force after 12 s."""


_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: `count` workers, each `python -m module`, behind one address."""

    module: str
    count: int
    host: str
    port: int
    env: Mapping[str, str]
    rules: Rules
    """How to combine the gauges of the workers."""
    metrics: tuple[str, str]
    """The names of two metrics: the number of running workers, and how many have ended."""
    patience: Patience = _PATIENCE


def run(plan: Plan, memory: SharedMemory) -> int:
    """Run the workers until SIGTERM or SIGINT. Return the exit status.

    The status is 0 after a signal if all workers stopped cleanly, 1 if one did not, and 3 if the
    port is taken. Otherwise it is that of the worker whose end made the parent give up.
    """
    try:
        return asyncio.run(_run(plan, memory))
    finally:
        flush_logs()


async def _run(plan: Plan, memory: SharedMemory) -> int:
    try:
        listeners = await listeners_at(plan.host, plan.port)
    except OSError as error:
        _log.error("port not available", extra={"port": plan.port, "cause": str(error)})
        return _PORT_TAKEN
    addresses = [":".join(map(str, each.getsockname()[:2])) for each in listeners]
    _log.info("listening", extra={"addresses": addresses})
    status = await Parent(plan, memory, listeners).live()
    _log.info("stopped")
    return status


class Parent:
    """Owns the workers, a task that watches over each, and the end of their lifeline."""

    def __init__(
        self, plan: Plan, memory: SharedMemory, listeners: Sequence[socket.socket]
    ) -> None:
        self._plan = plan
        self._memory = memory
        self._listeners = listeners
        self._lifeline, self._end_of_lifeline = os.pipe()
        self._numbers = range(1, plan.count + 1)
        self._roster = Roster(plan.count)
        self._hub = Hub(self._numbers, plan.rules, plan.metrics)
        self._running: dict[int, WorkerProcess] = {}
        self._stop = asyncio.Event()
        self._status = 0

    async def live(self) -> int:
        """Keep the workers running until a signal, then stop them. Return the exit status."""
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, self._on_signal, stop)
        async with asyncio.TaskGroup() as tasks:
            for number in self._numbers:
                tasks.create_task(self._keep(number), name=f"worker {number}")
            await self._stop.wait()
            _log.info("stopping")
            for listener in self._listeners:
                listener.close()
            self._signal_all(signal.SIGTERM)
            late = loop.call_later(self._plan.patience.stop, self._kill_all)
        late.cancel()
        return self._status

    # ── one worker ─────────────────────────────────────────────────────────────────────────

    async def _keep(self, number: int) -> None:
        """Start the worker, and start it again whenever it ends, until the parent stops."""
        while not self._stop.is_set():
            self._withdraw(number)
            status = await self._run(number)
            self._withdraw(number)
            if self._stop.is_set():
                if status not in _IN_ORDER:
                    self._status = self._status or 1
                return
            decision = self._roster.ended(number, status, time.monotonic())
            if isinstance(decision, GiveUp):
                extra = {"worker": number, "status": decision.status}
                _log.critical("workers given up", extra=extra)
                self._status = decision.status
                self._stop.set()
                return
            pause = decision.pause_seconds
            _log.info("worker starts again", extra={"worker": number, "pause_seconds": pause})
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)

    async def _run(self, number: int) -> int:
        """Run the worker from its start to its end. Return its exit status."""
        try:
            worker = await WorkerProcess.start(
                self._plan.module, self._plan.env, self._inherited(number)
            )
        except OSError as error:  # for example, there are too many processes
            _log.error("worker not started", extra={"worker": number, "cause": str(error)})
            return 1
        _log.info("worker started", extra={"worker": number, "pid": worker.pid})
        self._running[number] = worker
        self._hub.add(worker)
        if self._stop.is_set():
            worker.send_signal(signal.SIGTERM)
        status = await self._watched(worker)
        del self._running[number]
        self._hub.remove(worker)
        extra = {"worker": number, "pid": worker.pid, "status": status}
        if self._stop.is_set():
            _log.info("worker stopped", extra=extra)
        else:
            _log.warning("worker ended", extra=extra)
        return status

    async def _watched(self, worker: WorkerProcess) -> int:
        """Answer the worker's calls, and watch it, until it ends. Return its exit status."""
        async with asyncio.TaskGroup() as tasks:
            watch = [
                tasks.create_task(worker.answer(self._hub.handlers(worker)), name="answers"),
                tasks.create_task(self._poll(worker), name="poll"),
            ]
            status = await worker.wait()
            for task in watch:
                task.cancel()
        return status

    async def _poll(self, worker: WorkerProcess) -> None:
        """Ask for the worker's metrics each second. Kill it if it does not answer any more."""
        seconds = self._plan.patience.start
        while True:
            try:
                await worker.take_snapshot(seconds)
            except ChannelError:
                return  # the worker is ending
            except TimeoutError:
                if self._roster.missed(worker.number):
                    _log.error("worker hangs", extra={"worker": worker.number, "pid": worker.pid})
                    worker.send_signal(signal.SIGKILL)
                    return
            else:
                self._roster.answered(worker.number, time.monotonic())
                self._hub.serves(worker.number)
                seconds = self._plan.patience.answer
            await asyncio.sleep(_POLL_SECONDS)

    def _inherited(self, number: int) -> Inherited:
        return Inherited(
            number,
            self._plan.count,
            tuple(each.fileno() for each in self._listeners),
            channel=-1,  # each process has its own
            lifeline=self._lifeline,
            memory=self._memory.descriptor,
        )

    def _withdraw(self, number: int) -> None:
        """Let no worker wait for this one to accept connections."""
        self._memory.connections[number - 1] = ACCEPTS_NOTHING

    # ── signals ────────────────────────────────────────────────────────────────────────────

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stop.is_set() and number == signal.SIGINT:
            # A second Ctrl-C: the workers drop their open connections.
            self._signal_all(signal.SIGINT)
        self._stop.set()

    def _signal_all(self, number: signal.Signals) -> None:
        for worker in self._running.values():
            worker.send_signal(number)

    def _kill_all(self) -> None:
        _log.error("workers stopped late", extra={"workers": list(self._running)})
        self._signal_all(signal.SIGKILL)
