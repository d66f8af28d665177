"""Asks Kafka where logs begin and end, without waiting for a fetch.

A broker answers the requests of a connection in order, and a fetch at the end of a log waits half a
second for records. aiokafka asks its questions on the connection of its fetches. Three questions
took up to two seconds, and so the group's partitions waited that long in a rebalance.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, LeaderNotAvailableError, for_code
from aiokafka.protocol.offset import OffsetRequest

#: The connection group of questions about logs. aiokafka uses the groups 0 and 1, `raw_fetch` 2,
#: and `remove_member` 3.
QUESTIONS = 4
_SECONDS, _RETRY_SECONDS = 10.0, 0.1
#: The times that stand for a log's first record, and for the next one to be written.
_EARLIEST, _LATEST = -2, -1


class Ends(NamedTuple):
    """Where a log begins and ends."""

    beginning: int
    end: int
    """The offset after the last record."""


async def read_ends(
    client: Any, topic_partitions: Iterable[TopicPartition], group: int = QUESTIONS
) -> dict[TopicPartition, Ends]:
    """Return where the log of each partition begins and ends. `client` is an `AIOKafkaClient`.

    For a client that fetches nothing, `group` may be the default group. Asks again while a
    partition has no leader. Raises `KafkaError`, and `TimeoutError` after 10 s.
    """
    wanted = list(topic_partitions)
    async with asyncio.timeout(_SECONDS):
        while True:
            try:
                return await ends_at(client, _leaders(client, wanted), group)
            except KafkaError as error:
                if not error.retriable:
                    raise
                if error.invalid_metadata:
                    await client.force_metadata_update()
            await asyncio.sleep(_RETRY_SECONDS)


async def ends_at(
    client: Any, leaders: Mapping[TopicPartition, int], group: int = QUESTIONS
) -> dict[TopicPartition, Ends]:
    """Ask these brokers where the logs of the partitions that they lead begin and end.

    Raises `KafkaError`, also if one of them does not lead such a partition.
    """
    beginnings, ends = await asyncio.gather(
        _offsets(client, leaders, _EARLIEST, group), _offsets(client, leaders, _LATEST, group)
    )
    return {tp: Ends(beginnings[tp], ends[tp]) for tp in leaders}


def _leaders(client: Any, topic_partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    leaders = {}
    for tp in topic_partitions:
        leader = client.cluster.leader_for_partition(tp)
        if leader is None or leader == -1:
            raise LeaderNotAvailableError(tp)
        leaders[tp] = leader
    return leaders


async def _offsets(
    client: Any, leaders: Mapping[TopicPartition, int], time: int, group: int
) -> dict[TopicPartition, int]:
    by_leader: dict[int, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for tp, leader in leaders.items():
        by_leader[leader][tp.topic].append((tp.partition, time))
    requests = (
        client.send(leader, OffsetRequest(-1, 0, list(topics.items())), group=group)
        for leader, topics in by_leader.items()
    )
    found = {}
    for answer in await asyncio.gather(*requests):
        for topic, answered in answer.topics:
            for number, code, _, offset in answered:
                tp = TopicPartition(topic, number)
                if code:
                    raise for_code(code)(tp)
                found[tp] = offset
    return found
