"""A partition that aiokafka cannot read further does not stand still in the console."""

from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaConnectionError, OffsetOutOfRangeError

from delivery.core.record_batch import UnreadableBatchError
from deploy.console.reading import damaged as module
from deploy.console.reading.damaged import DamagedPlaces

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
