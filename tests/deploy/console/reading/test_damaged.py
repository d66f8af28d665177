"""A partition that aiokafka cannot read further does not stand still in the console."""

import asyncio
from collections.abc import AsyncIterator, Collection
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaConnectionError, OffsetOutOfRangeError

from delivery.core.record_batch import UnreadableBatchError
from deploy.console.reading import damaged as module
from deploy.console.reading.damaged import DamagedPlaces
from runtime import slices

_TP = TopicPartition("notifications", 0)


class _Consumer:
    """A consumer whose partition cannot be read from offset 5 on, and ends at offset 9."""

    _client = None

    def __init__(self) -> None:
        self.place = 5
        self.is_paused = False

    def pause(self, _tp: TopicPartition) -> None:
        self.is_paused = True

    def resume(self, _tp: TopicPartition) -> None:
        self.is_paused = False

    async def position(self, _tp: TopicPartition) -> int:
        return self.place

    async def end_offsets(
        self, topic_partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, int]:
        return dict.fromkeys(topic_partitions, 9)

    def seek(self, _tp: TopicPartition, offset: int) -> None:
        self.place = offset


@pytest.mark.parametrize(
    ("error", "place", "is_paused"),
    [
        pytest.param(UnreadableBatchError("x"), 9, False, id="its bytes have changed"),
        pytest.param(CorruptRecordException("x"), 9, False, id="the broker cannot read it"),
        pytest.param(OffsetOutOfRangeError("x"), 5, False, id="retention has deleted it"),
        pytest.param(KafkaConnectionError("x"), 5, True, id="the broker is away: try again"),
    ],
)
async def test_a_partition_is_read_on_unless_the_broker_is_away(
    monkeypatch: pytest.MonkeyPatch, error: Exception, place: int, *, is_paused: bool
) -> None:
    async def batches_from(*arguments: object) -> AsyncIterator[Any]:
        if arguments:
            raise error
        yield

    monkeypatch.setattr(module, "batches_from", batches_from)
    consumer = _Consumer()
    places = DamagedPlaces(consumer, lambda _record: None)
    places.report(_TP, error)
    await places.read()
    assert (consumer.place, consumer.is_paused) == (place, is_paused)


async def test_other_tasks_run_while_a_large_batch_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def batches_from(*_: object) -> AsyncIterator[Any]:
        yield SimpleNamespace(header=SimpleNamespace(is_control=False, end=9))

    async def runs_in(*_: object) -> AsyncIterator[Any]:
        yield ["first", "second"]

    monkeypatch.setattr(module, "batches_from", batches_from)
    monkeypatch.setattr(module, "runs_in", runs_in)
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    happened: list[Any] = []

    def use(record: Any) -> None:
        happened.append(record)
        asyncio.get_running_loop().call_soon(happened.append, "another task")

    places = DamagedPlaces(_Consumer(), use)
    places.report(_TP, CorruptRecordException("x"))
    await places.read()
    assert happened == ["first", "another task", "second", "another task"]
