"""The committer's queue takes whole requests, and limits their notifications."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from producer_api.contract.notification import NewNotification
from producer_api.intake import request_queue
from producer_api.intake.batch import Batch
from producer_api.intake.committer import Committer
from producer_api.intake.outcomes import BusyError
from producer_api.intake.transaction import RequestsRepeatedError, WriteResult
from tests.producer_api.intake.running import running

_ONE = NewNotification(user_id="ana", type="t", title="x")


class _Stores:
    """Replaces MongoDB and Kafka. Once `gate` is open, notes the sizes of each batch's requests."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.batches: list[list[int]] = []

    async def write(self, batch: Batch) -> WriteResult:
        await self.gate.wait()
        repeated = {request for request in batch.requests if request.traceparent == "repeated"}
        if repeated:
            raise RequestsRepeatedError(repeated)
        self.batches.append([len(request.items) for request in batch.requests])
        return WriteResult()

    async def wait_for(self, _: Sequence[str]) -> bool:
        return True

    async def publish(self, *_: Any) -> bool:
        return True


async def _start(committer: Committer, *counts: int) -> list[asyncio.Task[Any]]:
    tasks = []
    for count in counts:
        tasks.append(asyncio.create_task(committer.create([_ONE] * count, traceparent=None)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return tasks


async def _crowd(committer: Committer) -> None:
    """Create from so many concurrent callers that the queue treats them as a crowd."""
    async with asyncio.TaskGroup() as callers:
        for _ in range(16):
            callers.create_task(committer.create([_ONE], traceparent=None))


async def test_a_batch_takes_whole_requests_until_it_is_full() -> None:
    async with running(stores := _Stores(), 10_000) as committer:
        tasks = await _start(committer, 1, 400, 99, 1, 1000, 1)
        stores.gate.set()
        outcomes = await asyncio.gather(*tasks)
    assert stores.batches == [[1], [400, 99, 1], [1000], [1]]
    assert [len(of_request) for of_request in outcomes] == [1, 400, 99, 1, 1000, 1]


async def test_requests_one_turn_of_the_loop_apart_share_a_batch() -> None:
    stores = _Stores()
    stores.gate.set()
    async with running(stores, 10) as committer, asyncio.TaskGroup() as callers:
        for _ in range(3):
            callers.create_task(committer.create([_ONE], traceparent=None))
            await asyncio.sleep(0)
    assert stores.batches == [[1, 1, 1]]


async def test_a_batch_waits_for_others_only_after_one_of_many_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_queue, "_CROWD_SECONDS", 60)
    monkeypatch.setattr(request_queue, "_QUIET_SECONDS", 0.3)
    stores = _Stores()
    stores.gate.set()
    async with running(stores, 1_000) as committer:
        await _crowd(committer)
        tasks = []
        for _ in range(3):
            await asyncio.sleep(0.01)
            tasks += await _start(committer, 1)
        await asyncio.gather(*tasks)
        monkeypatch.setattr(request_queue, "_QUIET_SECONDS", 60)
        for count in (1, 16, 1):
            await committer.create([_ONE] * count, traceparent=None)
    assert stores.batches == [[1] * 16, [1, 1, 1], [1], [16], [1]]


async def test_a_full_batch_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_queue, "_QUIET_SECONDS", 60)
    stores = _Stores()
    stores.gate.set()
    async with running(stores, 1_000) as committer:
        await _crowd(committer)
        await committer.create([_ONE] * 500, traceparent=None)
    assert stores.batches == [[1] * 16, [500]]


async def test_the_queue_is_limited_by_notifications() -> None:
    async with running(stores := _Stores(), 1000) as committer:
        # These three batches are under way, so they are no longer in the queue.
        under_way = await _start(committer, 1, 500, 500)
        waiting, over_limit = await _start(committer, 999, 1000)
        with pytest.raises(BusyError):
            await committer.create([_ONE], traceparent=None)
        stores.gate.set()
        await asyncio.gather(*under_way, waiting, over_limit)
        assert await committer.create([_ONE], traceparent=None), "the queue must have room again"


async def test_repeated_requests_leave_the_batch_and_the_rest_is_written() -> None:
    async with running(stores := _Stores(), 1000) as committer:
        [first] = await _start(committer, 1)
        repeated = asyncio.create_task(committer.create([_ONE], traceparent="repeated"))
        [other] = await _start(committer, 2)
        stores.gate.set()
        await asyncio.gather(first, other)
        with pytest.raises(Exception, match="carried out before"):
            await repeated
    assert stores.batches == [[1], [2]]
