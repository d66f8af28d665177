"""Answers for all workers: the parent's part of what workers ask about each other."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from runtime.workers import metric_sums
from runtime.workers.channel import ChannelError, Handler
from runtime.workers.metric_sums import Families, Family, Rules
from runtime.workers.problems import Problems, of_all
from runtime.workers.worker_process import WorkerProcess

_SNAPSHOT_SECONDS = 1.0
#: Longer than a worker's check of MongoDB and Kafka takes.
_PROBLEMS_SECONDS = 3.0
_TELL_SECONDS = 0.8
_PART = "Worker"


class Hub:
    """Owns the list of the running workers, the counts of those that have ended, and the last sum.

    A worker that is asked for the metrics or for its readiness asks the parent, which asks the
    other workers.
    """

    def __init__(self, numbers: range, rules: Rules, own: tuple[str, str]) -> None:
        """Make the hub of the workers with these numbers. `own` names two metrics of the hub.

        The first is the number of running workers. The second counts the workers that have ended.
        """
        self._rules = rules
        self._running_metric, self._ends_metric = own
        self._workers: dict[int, WorkerProcess | None] = dict.fromkeys(numbers)
        self._serving: set[int] = set()
        self._of_ended: Families = {}
        self._ends = 0
        self._summing = asyncio.Lock()
        self._asked_for_metrics = self._summed_for = 0
        self._sum: list[Any] = []

    def add(self, worker: WorkerProcess) -> None:
        """Include this worker when all workers are asked."""
        self._workers[worker.number] = worker

    def serves(self, number: int) -> None:
        """Note that this worker has answered."""
        self._serving.add(number)

    def remove(self, worker: WorkerProcess) -> None:
        """Keep the counts of a worker that has ended."""
        self._workers[worker.number] = None
        self._serving.discard(worker.number)
        self._ends += 1
        last = metric_sums.without_gauges(metric_sums.families(worker.last_snapshot))
        self._of_ended = metric_sums.total((self._of_ended, last), self._rules)

    def handlers(self, worker: WorkerProcess) -> Mapping[str, Handler]:
        """Return what answers the calls of this worker."""

        async def metrics(own: list[Any]) -> list[Any]:
            worker.last_snapshot = own
            return await self._metrics(worker)

        async def problems(own: Problems) -> Problems:
            return await self._problems(worker, own)

        async def tell(value: Any) -> None:
            await asyncio.gather(*(_tell(other, value) for other in self._others(worker)))

        async def last(own: list[Any]) -> None:
            worker.last_snapshot = own

        return {"metrics": metrics, "problems": problems, "tell": tell, "last": last}

    def _others(self, worker: WorkerProcess) -> list[WorkerProcess]:
        return [each for each in self._workers.values() if each is not None and each != worker]

    async def _metrics(self, asking: WorkerProcess) -> list[Any]:
        # Workers that ask at the same time share one sum, which begins after they have asked. Any
        # client may request the metrics as often as it likes, and each sum costs time in each
        # worker and in the parent.
        self._asked_for_metrics += 1
        number = self._asked_for_metrics
        async with self._summing:
            if self._summed_for < number:
                number = self._asked_for_metrics
                self._sum = await self._summed(asking)
                self._summed_for = number
            return self._sum

    async def _summed(self, asking: WorkerProcess) -> list[Any]:
        # A worker that does not answer in time keeps its last counts.
        await asyncio.gather(*map(_refresh, self._others(asking)))
        parts = [
            metric_sums.families(each.last_snapshot)
            for each in self._workers.values()
            if each is not None
        ]
        total = metric_sums.total((self._of_ended, *parts), self._rules)
        return metric_sums.encoded({**total, **self._own_metrics()})

    def _own_metrics(self) -> Families:
        running, ends = self._running_metric, self._ends_metric
        about_running = "Worker processes that run and answer."
        about_ends = "Worker processes that have ended, and were started again."
        return {
            running: Family(running, about_running, "gauge", {(running, ()): len(self._serving)}),
            ends: Family(ends, about_ends, "counter", {(f"{ends}_total", ()): self._ends}),
        }

    async def _problems(self, asking: WorkerProcess, own: Problems) -> Problems:
        others = [number for number in self._workers if number != asking.number]
        answers = await asyncio.gather(*map(self._asked, others))
        return of_all({asking.number: own, **dict(zip(others, answers, strict=True))})

    async def _asked(self, number: int) -> Problems:
        worker = self._workers[number]
        if worker is None:
            return {_PART: "has ended, and is started again"}
        if number not in self._serving:
            return {_PART: "is starting"}
        try:
            problems: Problems = await worker.ask("problems", None, _PROBLEMS_SECONDS)
        except (ChannelError, TimeoutError):
            return {_PART: "does not answer"}
        return problems


async def _refresh(worker: WorkerProcess) -> None:
    with suppress(ChannelError, TimeoutError):
        await worker.take_snapshot(_SNAPSHOT_SECONDS)


async def _tell(worker: WorkerProcess, value: Any) -> None:
    # A worker that does not answer learns the value later, as the programs on other hosts do.
    with suppress(ChannelError, TimeoutError):
        await worker.ask("tell", value, _TELL_SECONDS)
