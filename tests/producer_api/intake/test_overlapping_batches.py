"""Full batches overlap: one is published while the next one is written. They stay in order."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pymongo.errors import PyMongoError

from producer_api.contract.notification import NewNotification
from producer_api.intake import publication, request_queue
from producer_api.intake.batch import Batch
from producer_api.intake.committer import Committer
from producer_api.intake.outcomes import BusyError, OutcomeUnknownError
from producer_api.intake.transaction import WriteResult
from producer_api.outbox.records import TopicRecord
from tests.producer_api.intake.running import running

_FULL = 4


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_queue, "_FULL_BATCH", _FULL)
    monkeypatch.setattr(publication, "_QUEUE_PAUSE_SECONDS", 0)


class _Parts:
    """Replaces MongoDB, Kafka and the relay. Each step waits until the test lets it go on.

    `waiting` has the steps that are waiting, by their names: `write`, `publish` or `queue`.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[bool]] = {}
        self.written: list[Batch] = []
        self.queue_of_relay: list[Batch] = []
        self.log: list[str] = []
        self.has_refused = False

    async def write(self, batch: Batch) -> WriteResult:
        must_queue = bool(self.queue_of_relay)
        if not await self._step("write"):
            self.has_refused = True
            raise PyMongoError("the primary is away")
        self.written.append(batch)
        return WriteResult(must_queue)

    async def wait_for(self, _: Sequence[str]) -> bool:
        return True

    async def publish(self, _: str, records: Iterable[TopicRecord], sender: str) -> bool:
        assert sender == "intake"
        if not await self._step("publish"):
            return False
        self.log += [dict(record.headers)["ce_id"].decode() for record in records]
        return True

    async def queue(self, intent_id: str) -> None:
        if not await self._step("queue"):
            raise PyMongoError("the primary is away")
        self.queue_of_relay += [one for one in self.written if one.intent_id == intent_id]

    def relay(self) -> None:
        """Publish what is queued."""
        for batch in self.queue_of_relay:
            self.log += [document["_id"] for document in batch.documents]
        self.queue_of_relay = []

    async def go_on(self, name: str, *, succeeds: bool = True) -> None:
        """Let this waiting step end, and then run everything up to the steps that wait next."""
        await settled()
        self.waiting.pop(name).set_result(succeeds)
        await settled()

    async def _step(self, name: str) -> bool:
        assert name not in self.waiting, f"two batches are in the step {name}"
        self.waiting[name] = asyncio.get_running_loop().create_future()
        return await self.waiting[name]


async def settled() -> None:
    """Let the event loop do everything that can be done now."""
    for _ in range(20):
        await asyncio.sleep(0)


async def _create(committer: Committer, *counts: int) -> list[asyncio.Task[Any]]:
    one = NewNotification(user_id="ana", type="t", title="x")
    tasks = []
    for count in counts:
        tasks.append(asyncio.create_task(committer.create([one] * count, traceparent=None)))
        await settled()
    return tasks


async def test_a_full_batch_is_written_while_another_is_published_but_a_small_one_waits() -> None:
    async with running(parts := _Parts()) as committer:
        tasks = await _create(committer, _FULL, 1)
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish"}
        tasks += await _create(committer, _FULL - 1)
        assert set(parts.waiting) == {"publish", "write"}
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish"}, "batches are published one after another"
        await parts.go_on("publish")
        await parts.go_on("publish")
        await asyncio.gather(*tasks)
    assert parts.log == sorted(parts.log)
    assert len(parts.log) == 2 * _FULL


async def test_at_most_three_batches_are_under_way() -> None:
    async with running(parts := _Parts()) as committer:
        tasks = await _create(committer, *[_FULL] * 5)
        await parts.go_on("write")
        await parts.go_on("write")
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish"}
        assert len(parts.written) == 3
        for _ in range(2):
            await parts.go_on("publish")
            await parts.go_on("write")
        for _ in range(3):
            await parts.go_on("publish")
        await asyncio.gather(*tasks)


async def test_a_batch_queues_behind_one_that_its_transaction_could_not_see_in_the_queue() -> None:
    async with running(parts := _Parts()) as committer:
        tasks = await _create(committer, _FULL, _FULL)
        await parts.go_on("write")
        await parts.go_on("write")
        await parts.go_on("publish", succeeds=False)
        await parts.go_on("queue")
        assert set(parts.waiting) == {"queue"}, "the second batch must queue behind the first"
        parts.relay()
        await parts.go_on("queue")
        parts.relay()
        # Once nothing is queued, batches are published again.
        tasks += await _create(committer, _FULL)
        await parts.go_on("write")
        await parts.go_on("publish")
        await asyncio.gather(*tasks)
    assert parts.log == sorted(parts.log)
    assert len(parts.log) == 3 * _FULL


async def test_after_a_queued_batch_none_overlap_until_one_is_published() -> None:
    async with running(parts := _Parts()) as committer:
        tasks = await _create(committer, *[_FULL] * 5)
        for _ in range(3):
            await parts.go_on("write")
        await parts.go_on("publish", succeeds=False)
        for _ in range(3):
            assert set(parts.waiting) == {"queue"}, "otherwise intake would outrun the relay"
            await parts.go_on("queue")
        for _ in range(2):
            await parts.go_on("write")
            assert set(parts.waiting) == {"queue"}
            await parts.go_on("queue")
        parts.relay()
        tasks += await _create(committer, _FULL, _FULL)
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish"}
        await parts.go_on("publish")
        tasks += await _create(committer, _FULL)
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish", "write"}, "full batches overlap again"
        await parts.go_on("write")
        await parts.go_on("publish")
        await parts.go_on("publish")
        await asyncio.gather(*tasks)
    assert parts.log == sorted(parts.log)


async def test_a_batch_that_is_not_written_does_not_let_the_next_one_overtake() -> None:
    async with running(parts := _Parts()) as committer:
        first, second, third = await _create(committer, _FULL, _FULL, _FULL)
        await parts.go_on("write")
        await parts.go_on("write", succeeds=False)
        with pytest.raises(BusyError):
            await second
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish"}
        assert not first.done()
        await parts.go_on("publish")
        await parts.go_on("publish")
        await asyncio.gather(first, third)
    assert parts.log == sorted(parts.log)


async def test_a_stop_answers_the_callers_of_all_batches() -> None:
    async with running(parts := _Parts()) as committer:
        tasks = await _create(committer, *[_FULL] * 4)
        await parts.go_on("write")
    for task in tasks[:2]:
        with pytest.raises(OutcomeUnknownError, match="stopping"):
            await task
    for task in tasks[2:]:  # one of them has its ids, but its write has not begun
        with pytest.raises(BusyError, match="stopping"):
            await task


async def test_a_batch_leaves_out_callers_that_left_while_it_waited_for_its_turn() -> None:
    async with running(parts := _Parts()) as committer:
        first, second, third = await _create(committer, _FULL, _FULL, _FULL)
        second.cancel()
        await parts.go_on("write")
        await parts.go_on("write")
        await parts.go_on("publish")
        await parts.go_on("publish")
        await asyncio.gather(first, third)
    assert len(parts.log) == 2 * _FULL


async def test_a_caller_whose_batch_is_not_written_in_time_learns_that_nothing_was_created() -> (
    None
):
    async with running(parts := _Parts(), producer_api_create_timeout_seconds=0.5) as committer:
        first, second = await _create(committer, _FULL, _FULL)
        with pytest.raises(OutcomeUnknownError):
            await first
        with pytest.raises(BusyError):
            await second
        await parts.go_on("write")
        assert set(parts.waiting) == {"publish"}
        await parts.go_on("publish")
    assert len(parts.log) == _FULL


async def test_a_library_that_cancels_from_inside_ends_neither_the_batches_nor_the_program(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(parts := _Parts()) as committer:
        first, second = await _create(committer, _FULL, _FULL)
        await parts.go_on("write")
        parts.waiting.pop("publish").cancel()
        with pytest.raises(OutcomeUnknownError, match="unexpected"):
            await first
        assert "batch failed" in caplog.text
        await parts.go_on("write")
        await parts.go_on("publish")
        await second


#: A number that selects one of the steps that are possible, and whether this step succeeds.
_STEPS = st.tuples(st.integers(0, 59), st.sampled_from([True, True, False]))


@hypothesis_settings(max_examples=300)
@given(st.lists(_STEPS, min_size=5, max_size=40))
async def test_the_log_has_the_order_of_the_ids_whatever_fails(
    steps: list[tuple[int, bool]],
) -> None:
    async with running(parts := _Parts()) as committer:
        tasks: list[asyncio.Task[Any]] = []
        for number, succeeds in steps:
            possible = ["create", "leave", "relay", *parts.waiting, *parts.waiting]
            name = possible[number % len(possible)]
            if name == "create":
                tasks += await _create(committer, _FULL if succeeds else 1)
            elif name == "leave":
                for task in tasks[number % 3 :: 3]:
                    task.cancel()
            elif name == "relay":
                parts.relay()
            else:
                await parts.go_on(name, succeeds=succeeds)
        while parts.waiting:
            await parts.go_on(next(iter(parts.waiting)))
        parts.relay()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    created = [one for answer in answers if isinstance(answer, list) for one in answer]
    assert parts.log == sorted(set(parts.log))
    assert {one.document["_id"] for one in created} <= set(parts.log)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(answer, BusyError) for answer in refused)
    assert parts.has_refused or not refused
