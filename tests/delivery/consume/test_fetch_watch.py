"""The watch for partitions that receive nothing, also while a broker is suspended."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from delivery.consume.fetch_watch import FetchWatch

_SILENT, _OTHER = TopicPartition("notifications", 0), TopicPartition("notifications", 1)
_FAR_AHEAD_MS = 1e15


@dataclass
class _Consumer:
    """A consumer without records of `_SILENT`. A probe fails once the test sets `continues`."""

    polled: dict[TopicPartition, float]
    highwaters: dict[TopicPartition, int]
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    continues: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    _fetcher: Any = field(default_factory=lambda: SimpleNamespace(_records={}))

    @property
    def _client(self) -> Any:
        return SimpleNamespace(
            cluster=SimpleNamespace(leader_for_partition=lambda _: 1), send=self._send
        )

    def last_poll_timestamp(self, tp: TopicPartition) -> float:
        assert tp in self.polled, "Partition is not assigned"
        return self.polled[tp]

    def highwater(self, tp: TopicPartition) -> int:
        assert tp in self.polled, "Partition is not assigned"
        return self.highwaters[tp]

    async def _send(self, *_: object, **__: object) -> None:
        self.asked += 1
        self.is_asked.set()
        await self.continues.wait()
        raise KafkaConnectionError


def _watch(consumer: _Consumer) -> tuple[FetchWatch, list[TopicPartition]]:
    found: list[TopicPartition] = []
    watch = FetchWatch(cast(AIOKafkaConsumer, consumer), lambda tp, _: found.append(tp))
    return watch, found


async def test_a_partition_that_moves_on_while_another_is_probed_is_not_reported() -> None:
    consumer = _Consumer({_SILENT: 0, _OTHER: _FAR_AHEAD_MS}, {_SILENT: 5, _OTHER: 5})
    watch, found = _watch(consumer)
    positions = {_SILENT: 5, _OTHER: 5}
    await watch.check(positions)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(watch.check(positions))
        await consumer.is_asked.wait()
        consumer.highwaters[_OTHER] = 9  # its records arrive during the probe
        consumer.continues.set()
    assert found == []


async def test_a_partition_may_be_taken_away_while_another_is_probed() -> None:
    consumer = _Consumer({_SILENT: 0, _OTHER: _FAR_AHEAD_MS}, {_SILENT: 5, _OTHER: 5})
    watch, found = _watch(consumer)
    positions = {_SILENT: 5, _OTHER: 5}
    await watch.check(positions)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(watch.check(positions))
        await consumer.is_asked.wait()
        del consumer.polled[_OTHER]
        consumer.continues.set()
    assert found == []


async def test_a_broker_that_does_not_answer_is_asked_once() -> None:
    consumer = _Consumer({_SILENT: 0, _OTHER: 0}, {_SILENT: 5, _OTHER: 5})
    watch, found = _watch(consumer)
    positions = {_SILENT: 5, _OTHER: 5}
    consumer.continues.set()
    for _ in range(2):
        await watch.check(positions)
    assert found == []
    assert consumer.asked == 1


async def test_a_partition_whose_log_continues_without_a_record_is_reported() -> None:
    consumer = _Consumer({_OTHER: _FAR_AHEAD_MS}, {_OTHER: 9})
    watch, found = _watch(consumer)
    await watch.check({_OTHER: 5})
    assert found == []
    await watch.check({_OTHER: 5})
    assert found == [_OTHER]
