"""A topic that one broker reports as replaced is read again only if most brokers agree."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from delivery.away.logs import Logs
from tests.delivery.consume.disagreeing_brokers import TP, Broker, Brokers

_OLD_ID = b"\7" * 16


class _Consumer(Brokers):
    """A consumer that records the partitions that it is to read again."""

    def __init__(self, known: dict[int, Broker]) -> None:
        super().__init__(known, asked=1)
        self.begun_again: list[TopicPartition] = []
        self.assigned = {TP}
        self._coordinator = SimpleNamespace(fetch_committed_offsets=self._committed)

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    async def _committed(self, topic_partitions: list[TopicPartition]) -> dict[Any, Any]:
        return {tp: OffsetAndMetadata(10, (b"\1" * 16).hex()) for tp in topic_partitions}

    async def seek_to_beginning(self, *topic_partitions: TopicPartition) -> None:
        self.begun_again += topic_partitions


async def test_the_id_that_the_last_owner_committed_is_compared_before_a_commit() -> None:
    now = Broker(leader=2, epoch=5, end=12, topic_id=_OLD_ID)
    consumer = _Consumer({1: now, 2: now, 3: now})
    consumer.assigned = set()
    logs = Logs(consumer)
    await logs.check()
    consumer.assigned = {TP}  # by a rebalance
    assert logs.noted({TP: 12}) == {}, "without the id, nothing is committed"
    await logs.check()
    assert consumer.begun_again == [TP]
    assert list(logs.noted({TP: 12})) == [TP]


@pytest.mark.parametrize(("others", "begun_again"), [(b"\1" * 16, []), (_OLD_ID, [TP])])
async def test_a_topic_is_read_again_only_if_most_brokers_report_a_new_one(
    others: bytes, begun_again: list[TopicPartition]
) -> None:
    asked = Broker(leader=1, epoch=4, end=3, topic_id=_OLD_ID)
    now = Broker(leader=2, epoch=5, end=12, topic_id=others)
    consumer = _Consumer({1: asked, 2: now, 3: now})
    logs = Logs(consumer)
    await logs.check()
    assert consumer.begun_again == begun_again
    assert logs.replacements(TP) == len(begun_again)
