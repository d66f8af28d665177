"""Callers that ask for the metrics at the same time share a sum made after they asked."""

import asyncio
from typing import Any, cast

from runtime.workers.hub import Hub
from runtime.workers.metric_sums import families
from runtime.workers.worker_process import WorkerProcess

_COUNTER = "requests"
_KEY = (f"{_COUNTER}_total", ())


def _snapshot(count: int) -> list[Any]:
    return [[_COUNTER, "", "counter", [[_KEY[0], [], count]]]]


class _Worker:
    """Stands in for a worker process with a counter. Counts how often it is asked."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.last_snapshot: list[Any] = []
        self.count = self.asked = 0
        self.is_asked = asyncio.Event()

    async def take_snapshot(self, _seconds: float) -> None:
        self.asked += 1
        self.is_asked.set()
        taken = _snapshot(self.count)
        await asyncio.sleep(0)
        self.last_snapshot = taken


class _Two:
    """Two workers. The first one asks for the metrics of both."""

    def __init__(self) -> None:
        self._asking, self.other = _Worker(1), _Worker(2)
        self._hub = Hub(range(1, 3), {}, ("running", "ends"))
        for worker in (self._asking, self.other):
            self._hub.add(cast("WorkerProcess", worker))

    async def count(self) -> float:
        """Ask for the metrics, and return the counter."""
        ask = self._hub.handlers(cast("WorkerProcess", self._asking))["metrics"]
        return families(await ask(_snapshot(0)))[_COUNTER].samples[_KEY]


async def test_callers_that_ask_at_the_same_time_share_an_answer() -> None:
    two = _Two()
    two.other.count = 7
    assert await asyncio.gather(*(two.count() for _ in range(100))) == [7] * 100
    assert two.other.asked <= 2
    assert await two.count() == 7
    assert two.other.asked <= 3


async def test_what_was_counted_before_the_question_is_in_the_answer() -> None:
    two = _Two()
    early = asyncio.create_task(two.count())
    await two.other.is_asked.wait()
    two.other.count = 1
    assert await two.count() == 1
    await early


async def test_a_question_that_is_cancelled_leaves_its_answer_to_the_others() -> None:
    two = _Two()
    tasks = [asyncio.create_task(two.count()) for _ in range(3)]
    await two.other.is_asked.wait()
    tasks[0].cancel()
    two.other.count = 1
    assert await asyncio.gather(*tasks[1:]) == [1, 1]
