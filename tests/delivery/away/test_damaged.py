"""A damaged batch stops its partition only while its notifications may still be told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from delivery.away import damaged as module
from delivery.away.damaged import DamagedPartitions
from delivery.away.logs import Logs
from delivery.consume.stopped_notes import StoppedNotes
from delivery.core.record_batch import UnreadableBatchError

_TP, _RECEIPTS = TopicPartition("notifications", 0), TopicPartition("receipts", 0)


class _Consumer:
    """A consumer whose partitions cannot be read from offset 5 on."""

    _client = _coordinator = None
    _subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=None))

    def __init__(self) -> None:
        self.positions = {_TP: 5, _RECEIPTS: 5}
        self.is_paused: set[TopicPartition] = set()
        self.resumed = asyncio.Event()

    def pause(self, tp: TopicPartition) -> None:
        self.is_paused.add(tp)

    def resume(self, tp: TopicPartition) -> None:
        self.is_paused.discard(tp)
        self.resumed.set()

    async def position(self, tp: TopicPartition) -> int:
        return self.positions[tp]

    async def end_offsets(
        self, topic_partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, int]:
        return dict.fromkeys(topic_partitions, 9)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.positions[tp] = offset

    async def commit(self, offsets: Mapping[TopicPartition, Any]) -> None:
        assert offsets


class _Notes:
    async def skip_from(self, *_: object) -> None:
        return None


async def _read(tp: TopicPartition, error: Exception, max_age: float) -> _Consumer:
    """Handle the error until aiokafka may read the partition again, or until a time limit."""
    consumer = _Consumer()

    async def use(_records: object) -> None:
        raise AssertionError

    partitions = DamagedPartitions(
        consumer,
        use,
        cast(StoppedNotes, _Notes()),
        Logs(consumer),
        receipt_topic="receipts",
        max_age_seconds=max_age,
    )
    partitions.report(tp, error)
    running = asyncio.create_task(partitions.run())
    await asyncio.wait(
        (running, asyncio.create_task(consumer.resumed.wait())),
        timeout=0.3,
        return_when=asyncio.FIRST_COMPLETED,
    )
    running.cancel()
    await asyncio.wait((running,))
    return consumer


@pytest.mark.parametrize(
    ("tp", "error", "max_age", "position"),
    [
        pytest.param(_TP, UnreadableBatchError("x"), 60, 5, id="it may be told: wait"),
        pytest.param(_TP, UnreadableBatchError("x"), 0, 9, id="it is too old to be told"),
        pytest.param(_RECEIPTS, UnreadableBatchError("x"), 60, 9, id="receipts: go on"),
        pytest.param(_TP, OffsetOutOfRangeError("x"), 60, 5, id="retention has deleted it"),
    ],
)
async def test_a_damaged_partition_waits_only_for_what_may_be_told(
    monkeypatch: pytest.MonkeyPatch,
    tp: TopicPartition,
    error: Exception,
    max_age: float,
    position: int,
) -> None:
    async def batches_from(*arguments: object) -> AsyncIterator[Any]:
        if arguments:
            raise error
        yield

    monkeypatch.setattr(module, "batches_from", batches_from)
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.01)
    consumer = await _read(tp, error, max_age)
    assert consumer.positions[tp] == position
    is_waiting = position == 5 and not isinstance(error, OffsetOutOfRangeError)
    assert bool(consumer.is_paused) == is_waiting


class _Moved:
    """Logs and the group, which move the position to 0 while the records are used."""

    def __init__(self, consumer: _Consumer) -> None:
        self._consumer = consumer
        self._replacements = 0

    def replacements(self, _tp: TopicPartition) -> int:
        return self._replacements

    def noted(self, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        raise AssertionError(f"these offsets must not be committed: {offsets}")

    async def replace(self, _records: object) -> None:
        """Find out that the topic was replaced."""
        self._replacements += 1
        self._consumer.seek(_TP, 0)

    async def rebalance(self, _records: object) -> None:
        """Assign the partition again, after another member had it."""
        assignment = SimpleNamespace()
        self._consumer._subscription = SimpleNamespace(
            subscription=SimpleNamespace(assignment=assignment)
        )
        self._consumer.seek(_TP, 0)


@pytest.mark.parametrize("use", [_Moved.replace, _Moved.rebalance])
async def test_a_position_that_is_moved_while_the_records_are_used_stays_there(
    monkeypatch: pytest.MonkeyPatch, use: Callable[[_Moved, object], Awaitable[None]]
) -> None:
    async def batches_from(*_: object) -> AsyncIterator[Any]:
        yield SimpleNamespace(header=SimpleNamespace(is_control=False, end=9))

    async def runs_in(*_: object) -> AsyncIterator[Any]:
        yield [SimpleNamespace(offset=5)]

    monkeypatch.setattr(module, "batches_from", batches_from)
    monkeypatch.setattr(module, "runs_in", runs_in)
    consumer = _Consumer()
    moved = _Moved(consumer)
    notes = cast(StoppedNotes, _Notes())
    partitions = DamagedPartitions(
        *(consumer, partial(use, moved), notes, cast(Logs, moved)),
        receipt_topic="receipts",
        max_age_seconds=60,
    )
    partitions.report(_TP, UnreadableBatchError("x"))
    running = asyncio.create_task(partitions.run())
    async with asyncio.timeout(10):
        await consumer.resumed.wait()
    running.cancel()
    await asyncio.wait((running,))
    assert consumer.positions[_TP] == 0
