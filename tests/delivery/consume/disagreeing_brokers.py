"""A client of brokers that disagree, because one of them was suspended and has just resumed.

On real brokers, the disagreement lasts for milliseconds, at a time that no test can choose.
"""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import NotLeaderForPartitionError
from aiokafka.protocol.offset import OffsetRequest

TOPIC = "notifications"
TP = TopicPartition(TOPIC, 0)
_BEGINNING = -2


@dataclass
class Broker:
    """What one broker knows of partition 0."""

    leader: int
    epoch: int
    end: int
    topic_id: bytes = b"\1" * 16
    is_silent: bool = False


@dataclass
class Brokers:
    """Stands in for a consumer and its client. The consumer itself asks the broker `asked`.

    The topic also has partition 1, which has no leader.
    """

    known: dict[int, Broker]
    asked: int
    beginning: int = 0
    sought: list[int] = field(default_factory=list)

    @property
    def _client(self) -> "Brokers":
        return self

    @property
    def cluster(self) -> Any:
        brokers = [SimpleNamespace(nodeId=node) for node in self.known]
        return SimpleNamespace(
            brokers=lambda: brokers,
            leader_for_partition=lambda tp: self.known[self.asked].leader if tp == TP else -1,
        )

    async def force_metadata_update(self) -> None:
        pass

    def get_random_node(self) -> int:
        return self.asked

    async def send(self, node: int, request: Any, **_group: int) -> Any:
        broker = self.known[node]
        if broker.is_silent:
            await asyncio.get_running_loop().create_future()
        if isinstance(request, OffsetRequest):
            (_, partitions) = request._topics[0]
            code = 0 if broker.leader == node else NotLeaderForPartitionError.errno
            answered = [
                (number, code, -1, self.beginning if which == _BEGINNING else broker.end)
                for number, which in partitions
            ]
            return SimpleNamespace(topics=[(TOPIC, answered)])
        partition: Any = (0, 0, broker.leader, broker.epoch, list(self.known), [], [], {})
        without_leader: Any = (0, 1, -1, 0, list(self.known), [], [], {})
        topic: Any = (0, TOPIC, broker.topic_id, False, [partition, without_leader], 0, {})
        others: list[Any] = [
            (0, name, b"\2" * 16, False, [partition], 0, {})
            for _, name, _ in request._topics
            if name != TOPIC
        ]
        return SimpleNamespace(topics=[topic, *others])

    def assignment(self) -> set[TopicPartition]:
        return {TP}

    def highwater(self, _place: TopicPartition) -> None:
        return None

    def seek(self, _place: TopicPartition, offset: int) -> None:
        self.sought.append(offset)

    def resume(self, _place: TopicPartition) -> None:
        pass
