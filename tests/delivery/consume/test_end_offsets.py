"""End offsets come from the last fetch, or, for paused partitions, from a request to Kafka."""

import asyncio
from contextlib import suppress
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from delivery.consume import end_offsets as module
from delivery.consume.end_offsets import EndOffsets

_TOPIC = "notifications"


class _Consumer:
    """A consumer whose first request fails, and whose second swallows its cancellation."""

    def __init__(self) -> None:
        self.requests: list[list[TopicPartition]] = []
        self.asking = asyncio.Event()
        self._fetched = {TopicPartition(_TOPIC, 0): 7, TopicPartition(_TOPIC, 1): 9}

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self._fetched)

    def highwater(self, place: TopicPartition) -> int | None:
        return self._fetched[place]

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        self.requests.append(places)
        if len(self.requests) == 1:
            raise KafkaError("the partition has no leader")
        self.asking.set()
        with suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_future()
        return dict.fromkeys(places, 20)


async def test_end_offsets_of_paused_partitions_are_requested_until_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_INTERVAL_SECONDS", 0.001)
    consumer = _Consumer()
    ends = EndOffsets(cast(AIOKafkaConsumer, consumer), _TOPIC, lambda: [1])
    running = asyncio.create_task(ends.run())
    async with asyncio.timeout(10):
        await consumer.asking.wait()
        assert [ends.of(number) for number in (0, 1, 2)] == [7, 9, 0]
        ends.stop()
        running.cancel()
        await asyncio.wait((running,))
    assert consumer.requests == [[TopicPartition(_TOPIC, 1)]] * 2
    assert [ends.of(number) for number in (0, 1, 2)] == [7, 20, 0]
